-- Models are validated by a job. Those that are there have been checked when they were submitted.
CREATE TYPE "ModelStatus" AS ENUM ('VALIDATING', 'READY', 'REJECTED');

ALTER TABLE "Model"
    ADD COLUMN "status" "ModelStatus" NOT NULL DEFAULT 'READY',
    ADD COLUMN "multiplyAdds" BIGINT,
    ADD COLUMN "gradientsHealthy" BOOLEAN,
    ADD COLUMN "jobId" UUID,
    ALTER COLUMN "output" DROP NOT NULL,
    ALTER COLUMN "fingerprint" DROP NOT NULL,
    ALTER COLUMN "parameterCount" DROP NOT NULL,
    ALTER COLUMN "operations" DROP NOT NULL,
    ALTER COLUMN "artifactId" DROP NOT NULL;
ALTER TABLE "Model" ALTER COLUMN "status" DROP DEFAULT;
ALTER TABLE "Model" ADD CONSTRAINT "Model_ready_check" CHECK (
    "status" <> 'READY'
    OR ("output" IS NOT NULL AND "fingerprint" IS NOT NULL AND "parameterCount" IS NOT NULL AND "operations" IS NOT NULL AND "artifactId" IS NOT NULL)
);
ALTER TABLE "Model" ADD CONSTRAINT "Model_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job"("id") ON DELETE SET NULL ON UPDATE CASCADE;
CREATE UNIQUE INDEX "Model_jobId_key" ON "Model"("jobId");

-- A model that was rejected does not keep its name from the next try.
DROP INDEX "Model_public_name_key";
DROP INDEX "Model_private_name_key";
CREATE UNIQUE INDEX "Model_public_name_key" ON "Model"("name") WHERE "visibility" = 'PUBLIC' AND "status" <> 'REJECTED';
CREATE UNIQUE INDEX "Model_private_name_key" ON "Model"("owner", "name") WHERE "visibility" = 'PRIVATE' AND "status" <> 'REJECTED';
