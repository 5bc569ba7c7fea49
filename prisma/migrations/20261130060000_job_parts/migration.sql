-- A job is a plan of parts, which any number of workers compute.
ALTER TABLE "Job" ADD COLUMN "progress" DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE "Job" ADD COLUMN "planned" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "Job" ADD COLUMN "pending" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "Job" ADD COLUMN "raised" BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE "Job" ADD COLUMN "storeSeconds" DOUBLE PRECISION NOT NULL DEFAULT 0;

CREATE TABLE "JobPart" (
    "id" UUID NOT NULL,
    "jobId" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "input" JSONB NOT NULL,
    "units" DOUBLE PRECISION NOT NULL,
    "turn" INTEGER NOT NULL,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "losses" INTEGER NOT NULL DEFAULT 0,
    "crashes" INTEGER NOT NULL DEFAULT 0,
    "workerId" UUID,
    "startedAt" TIMESTAMP(3),
    "finishedAt" TIMESTAMP(3),
    "seconds" DOUBLE PRECISION,
    "details" JSONB,
    "bytes" BYTEA,
    "artifactId" TEXT,
    CONSTRAINT "JobPart_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "JobPart_jobId_position_key" ON "JobPart"("jobId", "position");
CREATE INDEX "JobPart_artifactId_idx" ON "JobPart"("artifactId");
-- The least turn of all, and those of an owner.
CREATE INDEX "JobPart_turn_waiting" ON "JobPart"("turn") WHERE "finishedAt" IS NULL;
CREATE INDEX "JobPart_jobId_waiting" ON "JobPart"("jobId", "turn") WHERE "finishedAt" IS NULL;
ALTER TABLE "JobPart" ADD CONSTRAINT "JobPart_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "JobPart" ADD CONSTRAINT "JobPart_artifactId_fkey" FOREIGN KEY ("artifactId") REFERENCES "Artifact"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

CREATE TABLE "JobWait" (
    "jobId" UUID NOT NULL,
    "onId" UUID NOT NULL,
    CONSTRAINT "JobWait_pkey" PRIMARY KEY ("jobId", "onId")
);
CREATE INDEX "JobWait_onId_idx" ON "JobWait"("onId");
ALTER TABLE "JobWait" ADD CONSTRAINT "JobWait_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "JobWait" ADD CONSTRAINT "JobWait_onId_fkey" FOREIGN KEY ("onId") REFERENCES "Job"("id") ON DELETE CASCADE ON UPDATE CASCADE;

CREATE TABLE "Worker" (
    "id" UUID NOT NULL,
    "host" TEXT NOT NULL,
    "pid" INTEGER NOT NULL,
    "version" TEXT NOT NULL,
    "engine" JSONB NOT NULL,
    "memory" BIGINT NOT NULL,
    "startedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "seenAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Worker_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "Worker_seenAt_idx" ON "Worker"("seenAt");

CREATE TABLE "ComputeUse" (
    "owner" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "seconds" DOUBLE PRECISION NOT NULL,
    CONSTRAINT "ComputeUse_pkey" PRIMARY KEY ("owner", "day")
);

-- Evaluations and certifications that are under way begin again; training goes on from its last checkpoint.
DROP TABLE "EvaluationShard";
UPDATE "Certification" SET "certificates" = NULL WHERE "finishedAt" IS NULL;
UPDATE "Destruction" SET "results" = '[]' WHERE "finishedAt" IS NULL;
UPDATE "Job" SET "done" = 0, "attempts" = 0 WHERE "state" IN ('QUEUED', 'RUNNING');
UPDATE "Job" SET "progress" = "done";
