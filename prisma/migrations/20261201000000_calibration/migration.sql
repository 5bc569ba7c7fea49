-- Calibration of a model before and under attack.
ALTER TABLE "Evaluation" ADD COLUMN "calibration" JSONB;
