-- Training runs, and what was measured in their course.
CREATE TABLE "TrainingRun" (
    "id" UUID NOT NULL,
    "modelId" UUID NOT NULL,
    "baseModelId" UUID,
    "architecture" JSONB,
    "datasetId" UUID NOT NULL,
    "validationDatasetId" UUID NOT NULL,
    "unlabelledDatasetId" UUID,
    "plan" JSONB NOT NULL,
    "otherModelIds" UUID[],
    "interval" INTEGER NOT NULL,
    "checkpointsKept" INTEGER NOT NULL,
    "outcome" TEXT,
    "engine" JSONB,
    "jobId" UUID NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finishedAt" TIMESTAMP(3),
    CONSTRAINT "TrainingRun_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "TrainingRun_modelId_fkey" FOREIGN KEY ("modelId") REFERENCES "Model"("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "TrainingRun_baseModelId_fkey" FOREIGN KEY ("baseModelId") REFERENCES "Model"("id") ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT "TrainingRun_datasetId_fkey" FOREIGN KEY ("datasetId") REFERENCES "Dataset"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "TrainingRun_validationDatasetId_fkey" FOREIGN KEY ("validationDatasetId") REFERENCES "Dataset"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "TrainingRun_unlabelledDatasetId_fkey" FOREIGN KEY ("unlabelledDatasetId") REFERENCES "Dataset"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "TrainingRun_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "TrainingRun_modelId_key" ON "TrainingRun"("modelId");
CREATE UNIQUE INDEX "TrainingRun_jobId_key" ON "TrainingRun"("jobId");
CREATE INDEX "TrainingRun_createdAt_id_idx" ON "TrainingRun"("createdAt", "id");
CREATE INDEX "TrainingRun_baseModelId_idx" ON "TrainingRun"("baseModelId");
CREATE INDEX "TrainingRun_datasetId_idx" ON "TrainingRun"("datasetId");

CREATE TABLE "TrainingPoint" (
    "trainingRunId" UUID NOT NULL,
    "step" INTEGER NOT NULL,
    "loss" DOUBLE PRECISION NOT NULL,
    "trainingAccuracy" DOUBLE PRECISION NOT NULL,
    "cleanAccuracy" DOUBLE PRECISION NOT NULL,
    "oneStepAccuracy" DOUBLE PRECISION NOT NULL,
    "iterativeAccuracy" DOUBLE PRECISION NOT NULL,
    "seconds" DOUBLE PRECISION NOT NULL,
    "checkpointId" TEXT,
    CONSTRAINT "TrainingPoint_pkey" PRIMARY KEY ("trainingRunId", "step"),
    CONSTRAINT "TrainingPoint_trainingRunId_fkey" FOREIGN KEY ("trainingRunId") REFERENCES "TrainingRun"("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "TrainingPoint_checkpointId_fkey" FOREIGN KEY ("checkpointId") REFERENCES "Artifact"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "TrainingPoint_checkpointId_idx" ON "TrainingPoint"("checkpointId");
