-- Equal requests for training are found by studies, not repeated.
ALTER TABLE "TrainingRun" ADD COLUMN "requestHash" TEXT;
CREATE INDEX "TrainingRun_requestHash_idx" ON "TrainingRun"("requestHash");

-- Recipes at a scale, with what came of them.
CREATE TABLE "Study" (
    "id" UUID NOT NULL,
    "owner" TEXT NOT NULL,
    "recipe" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "settings" JSONB NOT NULL,
    "trainingDatasetId" UUID NOT NULL,
    "testDatasetId" UUID NOT NULL,
    "report" JSONB,
    "jobId" UUID NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finishedAt" TIMESTAMP(3),
    CONSTRAINT "Study_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "Study_trainingDatasetId_fkey" FOREIGN KEY ("trainingDatasetId") REFERENCES "Dataset"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "Study_testDatasetId_fkey" FOREIGN KEY ("testDatasetId") REFERENCES "Dataset"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "Study_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "Study_jobId_key" ON "Study"("jobId");
CREATE INDEX "Study_createdAt_id_idx" ON "Study"("createdAt", "id");
CREATE INDEX "Study_owner_idx" ON "Study"("owner");

-- Trainings, evaluations and transfers of a study.
CREATE TABLE "StudyTask" (
    "studyId" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    "jobId" UUID,
    "trainingRunId" UUID,
    "evaluationId" UUID,
    "transferId" UUID,
    CONSTRAINT "StudyTask_pkey" PRIMARY KEY ("studyId", "position"),
    CONSTRAINT "StudyTask_studyId_fkey" FOREIGN KEY ("studyId") REFERENCES "Study"("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "StudyTask_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job"("id") ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT "StudyTask_trainingRunId_fkey" FOREIGN KEY ("trainingRunId") REFERENCES "TrainingRun"("id") ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT "StudyTask_evaluationId_fkey" FOREIGN KEY ("evaluationId") REFERENCES "Evaluation"("id") ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT "StudyTask_transferId_fkey" FOREIGN KEY ("transferId") REFERENCES "Transfer"("id") ON DELETE SET NULL ON UPDATE CASCADE
);
CREATE INDEX "StudyTask_jobId_idx" ON "StudyTask"("jobId");
CREATE INDEX "StudyTask_trainingRunId_idx" ON "StudyTask"("trainingRunId");
CREATE INDEX "StudyTask_evaluationId_idx" ON "StudyTask"("evaluationId");
CREATE INDEX "StudyTask_transferId_idx" ON "StudyTask"("transferId");
