-- Data sets that users upload: owners, visibility, and a validation of their own.
CREATE TYPE "DatasetState" AS ENUM ('PENDING', 'READY', 'REJECTED');

-- What was there before lies on the server, and is for everyone.
ALTER TABLE "Dataset"
    ADD COLUMN "owner" TEXT NOT NULL DEFAULT 'server',
    ADD COLUMN "visibility" "Visibility" NOT NULL DEFAULT 'PUBLIC',
    ADD COLUMN "state" "DatasetState" NOT NULL DEFAULT 'READY',
    ADD COLUMN "uploadFormat" TEXT,
    ADD COLUMN "request" JSONB,
    ADD COLUMN "preparation" TEXT,
    ADD COLUMN "artifactId" TEXT,
    ADD COLUMN "jobId" UUID;
ALTER TABLE "Dataset" ALTER COLUMN "owner" DROP DEFAULT, ALTER COLUMN "visibility" SET DEFAULT 'PRIVATE', ALTER COLUMN "state" DROP DEFAULT;

ALTER TABLE "Dataset" ADD CONSTRAINT "Dataset_artifactId_fkey" FOREIGN KEY ("artifactId") REFERENCES "Artifact"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Dataset" ADD CONSTRAINT "Dataset_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "Dataset" ADD CONSTRAINT "Dataset_ready_check" CHECK ("state" <> 'READY' OR ("exampleCount" > 0 AND "fingerprint" <> ''));
CREATE UNIQUE INDEX "Dataset_jobId_key" ON "Dataset"("jobId");
CREATE INDEX "Dataset_artifactId_idx" ON "Dataset"("artifactId");

-- A name that is taken must not tell of another's private data set.
DROP INDEX "Dataset_name_key";
CREATE UNIQUE INDEX "Dataset_public_name_key" ON "Dataset"("name") WHERE "visibility" = 'PUBLIC' AND "state" <> 'REJECTED';
CREATE UNIQUE INDEX "Dataset_private_name_key" ON "Dataset"("owner", "name") WHERE "visibility" = 'PRIVATE' AND "state" <> 'REJECTED';
CREATE INDEX "Dataset_name_idx" ON "Dataset"("name");
