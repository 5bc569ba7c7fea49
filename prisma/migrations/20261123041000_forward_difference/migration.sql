-- How far an imported ONNX file is from onnxruntime; null for models that were submitted before it was measured.
ALTER TABLE "Model" ADD COLUMN "forwardDifference" DOUBLE PRECISION;
