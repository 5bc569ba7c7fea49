-- At most one job answers a request, of whatever kind, also of requests that come at the same moment. Hashes name rows of models and data sets, where those of
-- before named weights: what was requested before this migration is not found again.
ALTER TABLE "Job" ADD COLUMN "activeRequestHash" TEXT;
CREATE UNIQUE INDEX "Job_activeRequestHash_key" ON "Job"("activeRequestHash");
ALTER TABLE "Evaluation" DROP COLUMN "activeRequestHash";
ALTER TABLE "Transfer" DROP COLUMN "requestHash";

-- The job that makes the images of an evaluation that was started without.
ALTER TABLE "Evaluation" ADD COLUMN "imagesJobId" UUID;
CREATE UNIQUE INDEX "Evaluation_imagesJobId_key" ON "Evaluation"("imagesJobId");
ALTER TABLE "Evaluation" ADD CONSTRAINT "Evaluation_imagesJobId_fkey"
    FOREIGN KEY ("imagesJobId") REFERENCES "Job"("id") ON DELETE SET NULL ON UPDATE CASCADE;
