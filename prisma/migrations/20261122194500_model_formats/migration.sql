-- Formats beside LayersModel; which one a model has is found out by its validation where the submitter did not say.
ALTER TYPE "ModelFormat" ADD VALUE 'ONNX';
ALTER TYPE "ModelFormat" ADD VALUE 'TFJS_GRAPH_MODEL';

ALTER TABLE "Model" ALTER COLUMN "format" DROP NOT NULL;
ALTER TABLE "Model" ADD CONSTRAINT "Model_ready_format_check" CHECK ("status" <> 'READY' OR "format" IS NOT NULL);
