-- Random models are judged by the majority of several predictions; until now, of one.
ALTER TABLE "Evaluation" ADD COLUMN "predictions" INTEGER NOT NULL DEFAULT 1,
ADD COLUMN "cleanMean" DOUBLE PRECISION,
ADD COLUMN "adversarialMean" DOUBLE PRECISION;
