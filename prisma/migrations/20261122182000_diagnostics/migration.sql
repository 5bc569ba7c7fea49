-- What a model does to attacks, measured on clean images. Shards of running jobs have not been looked at: nothing was found.
ALTER TABLE "Evaluation" ADD COLUMN "diagnostics" JSONB;
ALTER TABLE "EvaluationShard" ADD COLUMN "diagnostics" JSONB NOT NULL
    DEFAULT '{"examples":0,"saturated":0,"probabilities":0,"sampled":0,"changed":0,"zeroGradients":0,"vanishingGradients":0,"nonFiniteGradients":0}';
ALTER TABLE "EvaluationShard" ALTER COLUMN "diagnostics" DROP DEFAULT;

-- Evaluations of one model on the same examples are compared with each other.
CREATE INDEX "Evaluation_modelId_datasetId_offset_sampleCount_finishedAt_idx"
    ON "Evaluation"("modelId", "datasetId", "offset", "sampleCount", "finishedAt");
