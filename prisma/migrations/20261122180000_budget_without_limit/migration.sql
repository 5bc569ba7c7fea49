-- Attacks that look for the smallest change may have no budget: null is no limit.
ALTER TABLE "Evaluation" ALTER COLUMN "epsilon" DROP NOT NULL;
