-- AlterTable
ALTER TABLE "Model" ADD COLUMN "classifier" JSONB,
ADD COLUMN "fittedToId" UUID;

-- CreateIndex
CREATE INDEX "Model_fittedToId_idx" ON "Model"("fittedToId");

-- AddForeignKey
ALTER TABLE "Model" ADD CONSTRAINT "Model_fittedToId_fkey" FOREIGN KEY ("fittedToId") REFERENCES "Dataset"("id") ON DELETE SET NULL ON UPDATE CASCADE;
