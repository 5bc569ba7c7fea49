-- Certified radii of the examples of a data set, by randomized smoothing.
CREATE TABLE "Certification" (
    "id" UUID NOT NULL,
    "modelId" UUID NOT NULL,
    "datasetId" UUID NOT NULL,
    "jobId" UUID NOT NULL,
    "sigma" DOUBLE PRECISION NOT NULL,
    "selectionSamples" INTEGER NOT NULL,
    "estimationSamples" INTEGER NOT NULL,
    "alpha" DOUBLE PRECISION NOT NULL,
    "offset" INTEGER NOT NULL,
    "sampleCount" INTEGER NOT NULL,
    "seed" INTEGER NOT NULL,
    "engine" JSONB,
    "certificates" BYTEA,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finishedAt" TIMESTAMP(3),
    CONSTRAINT "Certification_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "Certification_jobId_key" ON "Certification"("jobId");
CREATE INDEX "Certification_createdAt_id_idx" ON "Certification"("createdAt", "id");
CREATE INDEX "Certification_modelId_createdAt_id_idx" ON "Certification"("modelId", "createdAt", "id");
CREATE INDEX "Certification_datasetId_idx" ON "Certification"("datasetId");
ALTER TABLE "Certification" ADD CONSTRAINT "Certification_modelId_fkey" FOREIGN KEY ("modelId") REFERENCES "Model"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "Certification" ADD CONSTRAINT "Certification_datasetId_fkey" FOREIGN KEY ("datasetId") REFERENCES "Dataset"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Certification" ADD CONSTRAINT "Certification_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job"("id") ON DELETE CASCADE ON UPDATE CASCADE;
