-- Accuracy on clean images that the submitter expects, and whether the import took a final softmax off; null for models that were submitted before it was noted.
ALTER TABLE "Model" ADD COLUMN "expectedCleanAccuracy" DOUBLE PRECISION, ADD COLUMN "softmaxRemoved" BOOLEAN;
