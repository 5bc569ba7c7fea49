-- Types
CREATE TYPE "ModelFormat" AS ENUM ('LAYERS_MODEL');
CREATE TYPE "OutputKind" AS ENUM ('LOGITS', 'PROBABILITIES');
CREATE TYPE "DatasetSplit" AS ENUM ('TRAIN', 'TEST');
CREATE TYPE "UploadState" AS ENUM ('OPEN', 'COMPLETE');
CREATE TYPE "JobState" AS ENUM ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED');
CREATE TYPE "Norm" AS ENUM ('LINF', 'L2', 'L1', 'L0');

-- Tables. Times are UTC, written by the application.
CREATE TABLE "Artifact" (
    "id" TEXT NOT NULL,
    "size" BIGINT NOT NULL,
    "mediaType" TEXT NOT NULL,
    "imageShape" INTEGER[],
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Artifact_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Upload" (
    "id" UUID NOT NULL,
    "fileName" TEXT,
    "size" BIGINT,
    "sha256" TEXT,
    "state" "UploadState" NOT NULL DEFAULT 'OPEN',
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Upload_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Model" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "format" "ModelFormat" NOT NULL,
    "architecture" TEXT,
    "seed" INTEGER,
    "spec" JSONB NOT NULL,
    "output" "OutputKind" NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "parameterCount" INTEGER NOT NULL,
    "operations" JSONB NOT NULL,
    "warnings" TEXT[],
    "artifactId" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Model_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Dataset" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "format" TEXT NOT NULL,
    "split" "DatasetSplit" NOT NULL,
    "imageShape" INTEGER[],
    "classNames" TEXT[],
    "exampleCount" INTEGER NOT NULL,
    "bitDepth" INTEGER NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Dataset_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Job" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "state" "JobState" NOT NULL DEFAULT 'QUEUED',
    "done" INTEGER NOT NULL DEFAULT 0,
    "total" INTEGER NOT NULL,
    "unit" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "error" TEXT,
    "errorCode" TEXT,
    "eta" TIMESTAMP(3),
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "startedAt" TIMESTAMP(3),
    "finishedAt" TIMESTAMP(3),
    "updatedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Job_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Evaluation" (
    "id" UUID NOT NULL,
    "modelId" UUID NOT NULL,
    "datasetId" UUID NOT NULL,
    "jobId" UUID NOT NULL,
    "attackKind" TEXT NOT NULL,
    "parameters" JSONB NOT NULL,
    "norm" "Norm" NOT NULL,
    "epsilon" DOUBLE PRECISION NOT NULL,
    "offset" INTEGER NOT NULL,
    "sampleCount" INTEGER NOT NULL,
    "seed" INTEGER NOT NULL,
    "keepImages" BOOLEAN NOT NULL,
    "requestHash" TEXT NOT NULL,
    "activeRequestHash" TEXT,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finishedAt" TIMESTAMP(3),
    "engine" JSONB,
    "seconds" DOUBLE PRECISION,
    "cleanTop1" INTEGER,
    "cleanTop5" INTEGER,
    "adversarialTop1" INTEGER,
    "adversarialTop5" INTEGER,
    "successes" INTEGER,
    "meanLinf" DOUBLE PRECISION,
    "meanL2" DOUBLE PRECISION,
    "meanL0" DOUBLE PRECISION,
    "queries" BIGINT,
    "gradients" BIGINT,
    "budgetViolations" INTEGER,
    "findings" JSONB,
    "outcomes" BYTEA,
    "imagesArtifactId" TEXT,
    CONSTRAINT "Evaluation_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "EvaluationShard" (
    "evaluationId" UUID NOT NULL,
    "offset" INTEGER NOT NULL,
    "count" INTEGER NOT NULL,
    "seconds" DOUBLE PRECISION NOT NULL,
    "engine" JSONB NOT NULL,
    "budgetViolations" INTEGER NOT NULL,
    "outcomes" BYTEA NOT NULL,
    "imagesArtifactId" TEXT,
    CONSTRAINT "EvaluationShard_pkey" PRIMARY KEY ("evaluationId", "offset")
);

-- Indices
CREATE INDEX "Upload_createdAt_idx" ON "Upload"("createdAt");
CREATE UNIQUE INDEX "Model_name_key" ON "Model"("name");
CREATE INDEX "Model_createdAt_id_idx" ON "Model"("createdAt", "id");
CREATE INDEX "Model_fingerprint_idx" ON "Model"("fingerprint");
CREATE INDEX "Model_artifactId_idx" ON "Model"("artifactId");
CREATE UNIQUE INDEX "Dataset_name_key" ON "Dataset"("name");
CREATE INDEX "Dataset_createdAt_id_idx" ON "Dataset"("createdAt", "id");
CREATE INDEX "Dataset_fingerprint_idx" ON "Dataset"("fingerprint");
CREATE INDEX "Job_createdAt_id_idx" ON "Job"("createdAt", "id");
CREATE INDEX "Job_state_createdAt_idx" ON "Job"("state", "createdAt");
CREATE UNIQUE INDEX "Evaluation_jobId_key" ON "Evaluation"("jobId");
CREATE UNIQUE INDEX "Evaluation_activeRequestHash_key" ON "Evaluation"("activeRequestHash");
CREATE INDEX "Evaluation_createdAt_id_idx" ON "Evaluation"("createdAt", "id");
CREATE INDEX "Evaluation_epsilon_id_idx" ON "Evaluation"("epsilon", "id");
CREATE INDEX "Evaluation_modelId_createdAt_id_idx" ON "Evaluation"("modelId", "createdAt", "id");
CREATE INDEX "Evaluation_datasetId_createdAt_id_idx" ON "Evaluation"("datasetId", "createdAt", "id");
CREATE INDEX "Evaluation_attackKind_epsilon_createdAt_id_idx" ON "Evaluation"("attackKind", "epsilon", "createdAt", "id");
CREATE INDEX "Evaluation_imagesArtifactId_idx" ON "Evaluation"("imagesArtifactId");
CREATE INDEX "EvaluationShard_imagesArtifactId_idx" ON "EvaluationShard"("imagesArtifactId");

-- Relations
ALTER TABLE "Model" ADD CONSTRAINT "Model_artifactId_fkey" FOREIGN KEY ("artifactId") REFERENCES "Artifact"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Evaluation" ADD CONSTRAINT "Evaluation_modelId_fkey" FOREIGN KEY ("modelId") REFERENCES "Model"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "Evaluation" ADD CONSTRAINT "Evaluation_datasetId_fkey" FOREIGN KEY ("datasetId") REFERENCES "Dataset"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Evaluation" ADD CONSTRAINT "Evaluation_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Evaluation" ADD CONSTRAINT "Evaluation_imagesArtifactId_fkey" FOREIGN KEY ("imagesArtifactId") REFERENCES "Artifact"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "EvaluationShard" ADD CONSTRAINT "EvaluationShard_evaluationId_fkey" FOREIGN KEY ("evaluationId") REFERENCES "Evaluation"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "EvaluationShard" ADD CONSTRAINT "EvaluationShard_imagesArtifactId_fkey" FOREIGN KEY ("imagesArtifactId") REFERENCES "Artifact"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
