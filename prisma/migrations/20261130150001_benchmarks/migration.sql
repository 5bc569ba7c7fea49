-- Names that everyone sees are unique, whether or not the files are everyone's.
DROP INDEX "Model_public_name_key";
CREATE UNIQUE INDEX "Model_public_name_key" ON "Model"("name") WHERE "visibility" <> 'PRIVATE' AND "status" <> 'REJECTED';

ALTER TABLE "Model" ADD COLUMN "card" JSONB;

CREATE TABLE "Benchmark" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "title" TEXT NOT NULL,
    "rules" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "visibility" "Visibility" NOT NULL,
    "datasetId" UUID NOT NULL,
    "offset" INTEGER NOT NULL,
    "sampleCount" INTEGER NOT NULL,
    "seed" INTEGER NOT NULL,
    "predictions" INTEGER NOT NULL,
    "judging" "Judging" NOT NULL,
    "norm" "Norm" NOT NULL,
    "epsilon" DOUBLE PRECISION NOT NULL,
    "attacks" JSONB NOT NULL,
    "heldOut" BOOLEAN NOT NULL,
    "opensAt" TIMESTAMP(3),
    "closesAt" TIMESTAMP(3),
    "entriesPerDay" INTEGER,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Benchmark_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "Benchmark_name_version_key" ON "Benchmark"("name", "version");
CREATE INDEX "Benchmark_createdAt_id_idx" ON "Benchmark"("createdAt", "id");
CREATE INDEX "Benchmark_datasetId_idx" ON "Benchmark"("datasetId");
ALTER TABLE "Benchmark" ADD CONSTRAINT "Benchmark_datasetId_fkey" FOREIGN KEY ("datasetId") REFERENCES "Dataset"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

CREATE TABLE "BenchmarkEntry" (
    "id" UUID NOT NULL,
    "benchmarkId" UUID NOT NULL,
    "modelId" UUID,
    "modelName" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "jobId" UUID NOT NULL,
    "result" JSONB,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finishedAt" TIMESTAMP(3),
    CONSTRAINT "BenchmarkEntry_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "BenchmarkEntry_jobId_key" ON "BenchmarkEntry"("jobId");
CREATE INDEX "BenchmarkEntry_benchmarkId_createdAt_idx" ON "BenchmarkEntry"("benchmarkId", "createdAt");
CREATE INDEX "BenchmarkEntry_modelId_idx" ON "BenchmarkEntry"("modelId");
CREATE INDEX "BenchmarkEntry_owner_createdAt_idx" ON "BenchmarkEntry"("owner", "createdAt");
ALTER TABLE "BenchmarkEntry" ADD CONSTRAINT "BenchmarkEntry_benchmarkId_fkey" FOREIGN KEY ("benchmarkId") REFERENCES "Benchmark"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "BenchmarkEntry" ADD CONSTRAINT "BenchmarkEntry_modelId_fkey" FOREIGN KEY ("modelId") REFERENCES "Model"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "BenchmarkEntry" ADD CONSTRAINT "BenchmarkEntry_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "Evaluation" ADD COLUMN "entryId" UUID, ADD COLUMN "heldOut" BOOLEAN NOT NULL DEFAULT false;
CREATE INDEX "Evaluation_entryId_idx" ON "Evaluation"("entryId");
ALTER TABLE "Evaluation" ADD CONSTRAINT "Evaluation_entryId_fkey" FOREIGN KEY ("entryId") REFERENCES "BenchmarkEntry"("id") ON DELETE SET NULL ON UPDATE CASCADE;
