-- Tasks of studies that fit classical classifiers, and that play games.
ALTER TABLE "StudyTask" ADD COLUMN "modelId" UUID, ADD COLUMN "game" JSONB;
CREATE INDEX "StudyTask_modelId_idx" ON "StudyTask"("modelId");
ALTER TABLE "StudyTask" ADD CONSTRAINT "StudyTask_modelId_fkey" FOREIGN KEY ("modelId") REFERENCES "Model"("id") ON DELETE SET NULL ON UPDATE CASCADE;
