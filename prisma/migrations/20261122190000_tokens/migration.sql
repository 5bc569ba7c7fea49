-- Who may do what: tokens with a role, and owners of rows.
CREATE TYPE "Role" AS ENUM ('VIEWER', 'SUBMITTER', 'ADMIN');
CREATE TYPE "Visibility" AS ENUM ('PUBLIC', 'PRIVATE');

CREATE TABLE "Token" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "role" "Role" NOT NULL,
    "hash" TEXT NOT NULL,
    "expiresAt" TIMESTAMP(3),
    "revokedAt" TIMESTAMP(3),
    "lastUsedAt" TIMESTAMP(3),
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Token_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "Token_hash_key" ON "Token"("hash");
CREATE INDEX "Token_createdAt_id_idx" ON "Token"("createdAt", "id");

-- What was there before there were owners stays visible to all, and belongs to the server.
ALTER TABLE "Model" ADD COLUMN "owner" TEXT NOT NULL DEFAULT 'server', ADD COLUMN "visibility" "Visibility" NOT NULL DEFAULT 'PUBLIC';
ALTER TABLE "Model" ALTER COLUMN "owner" DROP DEFAULT, ALTER COLUMN "visibility" SET DEFAULT 'PRIVATE';
ALTER TABLE "Job" ADD COLUMN "owner" TEXT NOT NULL DEFAULT 'server';
ALTER TABLE "Job" ALTER COLUMN "owner" DROP DEFAULT;
ALTER TABLE "Upload" ADD COLUMN "owner" TEXT NOT NULL DEFAULT 'server';
ALTER TABLE "Upload" ALTER COLUMN "owner" DROP DEFAULT;
CREATE INDEX "Job_owner_state_idx" ON "Job"("owner", "state");
CREATE INDEX "Upload_owner_idx" ON "Upload"("owner");

-- A name that is taken must not tell of another's private model.
DROP INDEX "Model_name_key";
CREATE UNIQUE INDEX "Model_public_name_key" ON "Model"("name") WHERE "visibility" = 'PUBLIC';
CREATE UNIQUE INDEX "Model_private_name_key" ON "Model"("owner", "name") WHERE "visibility" = 'PRIVATE';
CREATE INDEX "Model_name_idx" ON "Model"("name");
