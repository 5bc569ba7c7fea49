-- What success is decided on: images rounded to 8 bits, as all were until now, or floats. Both numbers, where both were computed.
CREATE TYPE "Judging" AS ENUM ('STORED', 'FLOAT');

ALTER TABLE "Evaluation" ADD COLUMN "judging" "Judging" NOT NULL DEFAULT 'STORED',
ADD COLUMN "otherTop1" INTEGER,
ADD COLUMN "undoneByRounding" INTEGER;

ALTER TABLE "Transfer" ADD COLUMN "judging" "Judging" NOT NULL DEFAULT 'STORED';

ALTER TABLE "Certification" ADD COLUMN "judging" "Judging" NOT NULL DEFAULT 'STORED';
