ALTER TABLE "JobPart" ADD COLUMN "passes" DOUBLE PRECISION, ADD COLUMN "share" DOUBLE PRECISION NOT NULL DEFAULT 0, ADD COLUMN "stage" TEXT;

CREATE TYPE "Device" AS ENUM ('AUTO', 'CPU', 'GPU');
ALTER TABLE "Job" ADD COLUMN "device" "Device" NOT NULL DEFAULT 'AUTO';
ALTER TABLE "JobPart" ADD COLUMN "lane" TEXT NOT NULL DEFAULT 'compute';
UPDATE "JobPart" p SET "lane" = CASE j."kind" WHEN 'training' THEN 'training' ELSE 'validation' END
  FROM "Job" j WHERE j."id" = p."jobId" AND j."kind" IN ('training', 'validation');
