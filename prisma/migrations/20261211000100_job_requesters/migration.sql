-- Who asked for a job that another has started: it ends when nobody wants it any more.
CREATE TABLE "JobRequester" (
    "jobId" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "JobRequester_pkey" PRIMARY KEY ("jobId","name")
);
ALTER TABLE "JobRequester" ADD CONSTRAINT "JobRequester_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job"("id") ON DELETE CASCADE ON UPDATE CASCADE;
