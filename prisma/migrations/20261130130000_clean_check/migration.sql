-- AlterTable
ALTER TABLE "Model" ADD COLUMN "checkDatasetId" UUID,
ADD COLUMN "cleanCheck" JSONB;

-- CreateIndex
CREATE INDEX "Model_checkDatasetId_idx" ON "Model"("checkDatasetId");

-- AddForeignKey
ALTER TABLE "Model" ADD CONSTRAINT "Model_checkDatasetId_fkey" FOREIGN KEY ("checkDatasetId") REFERENCES "Dataset"("id") ON DELETE SET NULL ON UPDATE CASCADE;
