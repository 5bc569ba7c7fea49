-- Share of the pixels of which any channel changed, beside that of pixel values.
ALTER TABLE "Evaluation" ADD COLUMN "meanL0Pixels" DOUBLE PRECISION, ADD COLUMN "medianL0Pixels" DOUBLE PRECISION;
