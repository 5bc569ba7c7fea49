-- What the time of an evaluation went into.
ALTER TABLE "Evaluation" ADD COLUMN "phases" JSONB;

ALTER TABLE "EvaluationShard" ADD COLUMN "phases" JSONB;
