-- Certification by other noise, without radii, and by bounds of the network.
CREATE TYPE "CertificationMethod" AS ENUM ('SMOOTHING', 'SMOOTHING_L1', 'PREDICT', 'IBP', 'CROWN_IBP', 'CROWN');
ALTER TABLE "Certification" ADD COLUMN "method" "CertificationMethod" NOT NULL DEFAULT 'SMOOTHING', ADD COLUMN "stopRadii" DOUBLE PRECISION[];
UPDATE "Certification" SET "stopRadii" = '{}';
