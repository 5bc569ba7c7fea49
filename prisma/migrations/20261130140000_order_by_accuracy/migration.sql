-- Lists of evaluations are ordered by accuracy, a page at a time.
ALTER TABLE "Evaluation" ADD COLUMN "cleanAccuracy" DOUBLE PRECISION GENERATED ALWAYS AS ("cleanTop1"::FLOAT8 / "sampleCount") STORED;
ALTER TABLE "Evaluation" ADD COLUMN "robustAccuracy" DOUBLE PRECISION GENERATED ALWAYS AS ("adversarialTop1"::FLOAT8 / "sampleCount") STORED;

CREATE INDEX "Evaluation_cleanAccuracy_id_idx" ON "Evaluation"("cleanAccuracy", "id");
CREATE INDEX "Evaluation_robustAccuracy_id_idx" ON "Evaluation"("robustAccuracy", "id");

-- Filters by the code of a finding.
CREATE INDEX "Evaluation_findings_idx" ON "Evaluation" USING GIN ("findings" jsonb_path_ops);
