-- Further data sets that a run trains on.
CREATE TABLE "ExtraTrainingData" (
    "trainingRunId" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "datasetId" UUID NOT NULL,

    CONSTRAINT "ExtraTrainingData_pkey" PRIMARY KEY ("trainingRunId", "position")
);

CREATE INDEX "ExtraTrainingData_datasetId_idx" ON "ExtraTrainingData"("datasetId");

ALTER TABLE "ExtraTrainingData" ADD CONSTRAINT "ExtraTrainingData_trainingRunId_fkey" FOREIGN KEY ("trainingRunId") REFERENCES "TrainingRun"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "ExtraTrainingData" ADD CONSTRAINT "ExtraTrainingData_datasetId_fkey" FOREIGN KEY ("datasetId") REFERENCES "Dataset"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
