-- What transformations leave of the adversarial images of an evaluation.
CREATE TABLE "Destruction" (
    "id" UUID NOT NULL,
    "evaluationId" UUID NOT NULL,
    "jobId" UUID NOT NULL,
    "transformations" JSONB NOT NULL,
    "seed" INTEGER NOT NULL,
    "results" JSONB NOT NULL DEFAULT '[]',
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finishedAt" TIMESTAMP(3),
    CONSTRAINT "Destruction_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "Destruction_jobId_key" ON "Destruction"("jobId");
CREATE INDEX "Destruction_evaluationId_createdAt_idx" ON "Destruction"("evaluationId", "createdAt");
ALTER TABLE "Destruction" ADD CONSTRAINT "Destruction_evaluationId_fkey" FOREIGN KEY ("evaluationId") REFERENCES "Evaluation"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "Destruction" ADD CONSTRAINT "Destruction_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job"("id") ON DELETE CASCADE ON UPDATE CASCADE;
