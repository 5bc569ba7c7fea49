-- The models whose gradients made the images of an evaluation: who sees the evaluation sees them.
CREATE TABLE "EvaluationSource" (
    "evaluationId" UUID NOT NULL,
    "modelId" UUID NOT NULL,
    CONSTRAINT "EvaluationSource_pkey" PRIMARY KEY ("evaluationId", "modelId"),
    CONSTRAINT "EvaluationSource_evaluationId_fkey" FOREIGN KEY ("evaluationId") REFERENCES "Evaluation"("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "EvaluationSource_modelId_fkey" FOREIGN KEY ("modelId") REFERENCES "Model"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "EvaluationSource_modelId_idx" ON "EvaluationSource"("modelId");

-- Parameters name them by global ids: "Model:" and the row's id, in base64url.
INSERT INTO "EvaluationSource" ("evaluationId", "modelId")
SELECT DISTINCT "named"."evaluationId", "Model"."id"
FROM (
    SELECT "Evaluation"."id" AS "evaluationId",
        convert_from(decode(rpad(translate("source", '-_', '+/'), (ceil(length("source") / 4.0) * 4)::INT, '='), 'base64'), 'UTF8') AS "name"
    FROM "Evaluation", jsonb_array_elements_text("Evaluation"."parameters"->'sourceModelIds') AS "source"
    WHERE jsonb_typeof("Evaluation"."parameters"->'sourceModelIds') = 'array'
) AS "named"
JOIN "Model" ON 'Model:' || "Model"."id"::TEXT = "named"."name";

-- Tags as text, a line each, in which searches look for letters.
CREATE FUNCTION "tags_text"(TEXT[]) RETURNS TEXT LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT array_to_string($1, E'\n') $$;
ALTER TABLE "Model" ADD COLUMN "tagsText" TEXT GENERATED ALWAYS AS ("tags_text"("tags")) STORED;
ALTER TABLE "Dataset" ADD COLUMN "tagsText" TEXT GENERATED ALWAYS AS ("tags_text"("tags")) STORED;
ALTER TABLE "Study" ADD COLUMN "tagsText" TEXT GENERATED ALWAYS AS ("tags_text"("tags")) STORED;
ALTER TABLE "Evaluation" ADD COLUMN "tagsText" TEXT GENERATED ALWAYS AS ("tags_text"("tags")) STORED;
