-- Models that can only be asked: files without gradients, and endpoints.
CREATE TYPE "ModelAccess" AS ENUM ('GRADIENT', 'SCORE', 'DECISION');
ALTER TYPE "OutputKind" ADD VALUE 'LABELS';

ALTER TABLE "Model"
    ADD COLUMN "access" "ModelAccess" NOT NULL DEFAULT 'GRADIENT',
    ADD COLUMN "endpoint" JSONB;
ALTER TABLE "Model" DROP CONSTRAINT "Model_ready_check";
ALTER TABLE "Model" DROP CONSTRAINT "Model_ready_format_check";
ALTER TABLE "Model" ADD CONSTRAINT "Model_ready_check" CHECK (
    "status" <> 'READY'
    OR (
        "output" IS NOT NULL AND "fingerprint" IS NOT NULL AND "operations" IS NOT NULL
        AND ("endpoint" IS NOT NULL OR ("format" IS NOT NULL AND "parameterCount" IS NOT NULL AND "artifactId" IS NOT NULL))
    )
);

CREATE TABLE "EndpointSecret" (
    "modelId" UUID NOT NULL,
    "sealed" BYTEA NOT NULL,
    CONSTRAINT "EndpointSecret_pkey" PRIMARY KEY ("modelId")
);
ALTER TABLE "EndpointSecret" ADD CONSTRAINT "EndpointSecret_modelId_fkey" FOREIGN KEY ("modelId") REFERENCES "Model"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Gradients are not looked at where there are none; so far there always were.
UPDATE "Evaluation" SET "diagnostics" = "diagnostics" || jsonb_build_object('differentiated', "diagnostics" -> 'sampled')
WHERE "diagnostics" IS NOT NULL;
UPDATE "EvaluationShard" SET "diagnostics" = "diagnostics" || jsonb_build_object('differentiated', "diagnostics" -> 'sampled');
