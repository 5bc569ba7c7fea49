-- Accuracy and time after each stage of an attack that runs others in turn.
ALTER TABLE "Evaluation" ADD COLUMN "stages" JSONB;

ALTER TABLE "EvaluationShard" ADD COLUMN "stages" JSONB;
