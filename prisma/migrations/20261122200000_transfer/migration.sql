-- Adversarial images of some models, judged by others.
CREATE TABLE "Transfer" (
    "id" UUID NOT NULL,
    "datasetId" UUID NOT NULL,
    "offset" INTEGER NOT NULL,
    "sampleCount" INTEGER NOT NULL,
    "seed" INTEGER NOT NULL,
    "requestHash" TEXT NOT NULL,
    "jobId" UUID NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finishedAt" TIMESTAMP(3),
    CONSTRAINT "Transfer_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "Transfer_jobId_key" ON "Transfer"("jobId");
CREATE INDEX "Transfer_createdAt_id_idx" ON "Transfer"("createdAt", "id");
CREATE INDEX "Transfer_requestHash_idx" ON "Transfer"("requestHash");
CREATE INDEX "Transfer_datasetId_idx" ON "Transfer"("datasetId");
ALTER TABLE "Transfer" ADD CONSTRAINT "Transfer_datasetId_fkey" FOREIGN KEY ("datasetId") REFERENCES "Dataset"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Transfer" ADD CONSTRAINT "Transfer_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Where the images come from.
CREATE TABLE "_EvaluationToTransfer" (
    "A" UUID NOT NULL,
    "B" UUID NOT NULL,
    CONSTRAINT "_EvaluationToTransfer_AB_pkey" PRIMARY KEY ("A", "B")
);
CREATE INDEX "_EvaluationToTransfer_B_index" ON "_EvaluationToTransfer"("B");
ALTER TABLE "_EvaluationToTransfer" ADD CONSTRAINT "_EvaluationToTransfer_A_fkey" FOREIGN KEY ("A") REFERENCES "Evaluation"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "_EvaluationToTransfer" ADD CONSTRAINT "_EvaluationToTransfer_B_fkey" FOREIGN KEY ("B") REFERENCES "Transfer"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Who judges them.
CREATE TABLE "_ModelToTransfer" (
    "A" UUID NOT NULL,
    "B" UUID NOT NULL,
    CONSTRAINT "_ModelToTransfer_AB_pkey" PRIMARY KEY ("A", "B")
);
CREATE INDEX "_ModelToTransfer_B_index" ON "_ModelToTransfer"("B");
ALTER TABLE "_ModelToTransfer" ADD CONSTRAINT "_ModelToTransfer_A_fkey" FOREIGN KEY ("A") REFERENCES "Model"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "_ModelToTransfer" ADD CONSTRAINT "_ModelToTransfer_B_fkey" FOREIGN KEY ("B") REFERENCES "Transfer"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What one model makes of the images of one evaluation.
CREATE TABLE "TransferResult" (
    "evaluationId" UUID NOT NULL,
    "targetModelId" UUID NOT NULL,
    "bothRight" INTEGER NOT NULL,
    "bothRightTop5" INTEGER NOT NULL,
    "fooledSource" INTEGER NOT NULL,
    "fooledSourceTop5" INTEGER NOT NULL,
    "transferred" INTEGER NOT NULL,
    "transferredTop5" INTEGER NOT NULL,
    "sameWrongClass" INTEGER NOT NULL,
    "targetErrors" INTEGER NOT NULL,
    "targetErrorsTop5" INTEGER NOT NULL,
    "cleanTargetErrors" INTEGER NOT NULL,
    "cleanTargetErrorsTop5" INTEGER NOT NULL,
    "cleanAgreements" INTEGER NOT NULL,
    "cleanKappa" DOUBLE PRECISION,
    "outcomes" BYTEA NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "TransferResult_pkey" PRIMARY KEY ("evaluationId", "targetModelId")
);
CREATE INDEX "TransferResult_targetModelId_idx" ON "TransferResult"("targetModelId");
ALTER TABLE "TransferResult" ADD CONSTRAINT "TransferResult_evaluationId_fkey" FOREIGN KEY ("evaluationId") REFERENCES "Evaluation"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "TransferResult" ADD CONSTRAINT "TransferResult_targetModelId_fkey" FOREIGN KEY ("targetModelId") REFERENCES "Model"("id") ON DELETE CASCADE ON UPDATE CASCADE;
