-- AlterTable
ALTER TABLE "Evaluation" ADD COLUMN "classMap" INTEGER[] DEFAULT ARRAY[]::INTEGER[];
