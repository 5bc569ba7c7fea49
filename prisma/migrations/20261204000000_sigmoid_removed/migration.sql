-- Whether what an import took off was a sigmoid of each score.
ALTER TABLE "Model" ADD COLUMN "sigmoidRemoved" BOOLEAN;
