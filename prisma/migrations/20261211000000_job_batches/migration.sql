-- A request for many jobs makes them in several transactions, so that others do not wait for all of them.
ALTER TABLE "Job" ADD COLUMN "batchId" UUID;
CREATE INDEX "Job_batchId_idx" ON "Job"("batchId");

CREATE TABLE "JobBatch" (
    "id" UUID NOT NULL,
    "owner" TEXT NOT NULL,
    "jobs" INTEGER NOT NULL,
    "bytes" BIGINT NOT NULL,
    "aliveAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "JobBatch_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "JobBatch_owner_idx" ON "JobBatch"("owner");
