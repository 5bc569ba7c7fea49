-- What belongs together: a database, an artifact store, and the version of the servers.
CREATE TABLE "Installation" (
  "id" UUID PRIMARY KEY,
  "only" BOOLEAN NOT NULL DEFAULT true UNIQUE CHECK ("only"),
  "version" TEXT NOT NULL,
  "keyCheck" TEXT,
  "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);

ALTER TABLE "Artifact" ADD COLUMN "missingSince" TIMESTAMP(3);

-- A complete upload is an artifact. Older ones are made one when they are used.
ALTER TABLE "Upload" ADD COLUMN "artifactId" TEXT;
ALTER TABLE "Upload" ADD CONSTRAINT "Upload_artifactId_fkey" FOREIGN KEY ("artifactId") REFERENCES "Artifact"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
CREATE INDEX "Upload_artifactId_idx" ON "Upload"("artifactId");
