-- What owners note of what is theirs.
ALTER TABLE "Model" ADD COLUMN "tags" TEXT[] DEFAULT ARRAY[]::TEXT[], ADD COLUMN "note" TEXT;
ALTER TABLE "Dataset" ADD COLUMN "tags" TEXT[] DEFAULT ARRAY[]::TEXT[], ADD COLUMN "note" TEXT;
ALTER TABLE "Evaluation" ADD COLUMN "tags" TEXT[] DEFAULT ARRAY[]::TEXT[], ADD COLUMN "note" TEXT;
ALTER TABLE "Study" ADD COLUMN "tags" TEXT[] DEFAULT ARRAY[]::TEXT[], ADD COLUMN "note" TEXT;

CREATE INDEX "Model_tags_idx" ON "Model" USING GIN ("tags");
CREATE INDEX "Evaluation_tags_idx" ON "Evaluation" USING GIN ("tags");

-- A search reads only the few evaluations that have tags, or a note.
CREATE INDEX "Evaluation_tagged_idx" ON "Evaluation"("id") WHERE "tags" <> '{}';
CREATE INDEX "Evaluation_noted_idx" ON "Evaluation"("id") WHERE "note" IS NOT NULL;

-- Views of the dashboard, under a name.
CREATE TABLE "SavedView" (
    "id" UUID NOT NULL,
    "owner" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "SavedView_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "SavedView_owner_name_key" ON "SavedView"("owner", "name");
