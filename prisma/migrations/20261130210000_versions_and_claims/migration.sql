-- Versions: models of one owner under one name.
ALTER TABLE "Model" ADD COLUMN "version" INTEGER NOT NULL DEFAULT 1, ADD COLUMN "allowsTransfers" BOOLEAN NOT NULL DEFAULT false;
-- An owner may have had a public and a private model of one name.
UPDATE "Model" SET "version" = "numbered"."version" FROM (
  SELECT "id", row_number() OVER (PARTITION BY "owner", "name" ORDER BY "createdAt", "id")::INTEGER AS "version"
  FROM "Model" WHERE "status" <> 'REJECTED'
) AS "numbered" WHERE "numbered"."id" = "Model"."id" AND "numbered"."version" > 1;
DROP INDEX "Model_public_name_key";
DROP INDEX "Model_private_name_key";
CREATE UNIQUE INDEX "Model_owner_name_version_key" ON "Model"("owner", "name", "version") WHERE "status" <> 'REJECTED';

-- A name that others see belongs to one owner. An index cannot say so, as versions share it.
CREATE FUNCTION "checkModelName"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  -- Two transactions that publish one name wait for each other here.
  PERFORM pg_advisory_xact_lock(hashtextextended('model name ' || NEW."name", 0));
  IF EXISTS (
    SELECT FROM "Model"
    WHERE "name" = NEW."name" AND "owner" <> NEW."owner" AND "visibility" <> 'PRIVATE' AND "status" <> 'REJECTED'
  ) THEN
    RAISE EXCEPTION 'another owner has a public model of this name' USING ERRCODE = 'unique_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "Model_name" BEFORE INSERT OR UPDATE OF "name", "owner", "visibility", "status" ON "Model"
  FOR EACH ROW WHEN (NEW."visibility" <> 'PRIVATE' AND NEW."status" <> 'REJECTED') EXECUTE FUNCTION "checkModelName"();

ALTER TABLE "BenchmarkEntry" ADD COLUMN "modelVersion" INTEGER NOT NULL DEFAULT 1;

CREATE TABLE "ClaimedEntry" (
  "id" UUID NOT NULL,
  "benchmarkId" UUID NOT NULL,
  "key" TEXT NOT NULL,
  "owner" TEXT NOT NULL,
  "info" JSONB NOT NULL,
  "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "ClaimedEntry_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "ClaimedEntry_benchmarkId_key_key" ON "ClaimedEntry"("benchmarkId", "key");
ALTER TABLE "ClaimedEntry" ADD CONSTRAINT "ClaimedEntry_benchmarkId_fkey"
  FOREIGN KEY ("benchmarkId") REFERENCES "Benchmark"("id") ON DELETE CASCADE ON UPDATE CASCADE;
