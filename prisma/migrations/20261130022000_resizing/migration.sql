-- How pictures of any size become the squares that networks see. Before, there was one way.
ALTER TABLE "Dataset" ADD COLUMN "resizing" TEXT;

UPDATE "Dataset" SET "resizing" = 'VIPS_LINEAR' WHERE "format" IN ('imagenet', 'imagenet-224');
