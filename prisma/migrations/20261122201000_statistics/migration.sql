-- Which examples the model gets right, a bit each, so that worst cases and paired comparisons are counted where the rows are.
ALTER TABLE "Evaluation" ADD COLUMN "cleanRight" BIT VARYING, ADD COLUMN "adversarialRight" BIT VARYING;

-- Of evaluations that have finished, from their packed outcomes: a header of 8 bytes, then 4 bytes an example for each of label, prediction on the clean image,
-- confidence, and prediction on the adversarial image.
UPDATE "Evaluation" SET ("cleanRight", "adversarialRight") = (
    SELECT
        string_agg(CASE WHEN "label" = substring("bytes" FROM 9 + 4 * ("n" + "i") FOR 4) THEN '1' ELSE '0' END, '' ORDER BY "i")::VARBIT,
        string_agg(CASE WHEN "label" = substring("bytes" FROM 9 + 4 * (3 * "n" + "i") FOR 4) THEN '1' ELSE '0' END, '' ORDER BY "i")::VARBIT
    -- Joined with nothing, so that the bytes are unpacked once, not for each example.
    FROM (SELECT "outcomes" || ''::BYTEA AS "bytes", "sampleCount" AS "n" OFFSET 0) AS "packed",
        generate_series(0, "n" - 1) AS "i",
        LATERAL (SELECT substring("bytes" FROM 9 + 4 * "i" FOR 4) AS "label") AS "example"
)
WHERE "outcomes" IS NOT NULL;

CREATE INDEX "Evaluation_modelId_datasetId_attackKind_epsilon_idx" ON "Evaluation"("modelId", "datasetId", "attackKind", "epsilon");
-- The range that most models share is found in it, without a look at the rows.
CREATE INDEX "Evaluation_finished_idx" ON "Evaluation"("datasetId", "norm", "epsilon", "offset", "sampleCount", "modelId")
    WHERE "adversarialRight" IS NOT NULL;
