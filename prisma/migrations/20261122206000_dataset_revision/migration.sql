-- Counts the changes of what has been measured on a data set, in the transactions that make them: whatever was computed from results at one revision holds as long
-- as it stands.
ALTER TABLE "Dataset" ADD COLUMN "revision" INTEGER NOT NULL DEFAULT 0;

CREATE FUNCTION "results_changed"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE "Dataset" SET "revision" = "revision" + 1
    WHERE "id" IN (SELECT "datasetId" FROM "changed" WHERE "adversarialRight" IS NOT NULL);
    RETURN NULL;
END $$;

CREATE TRIGGER "Evaluation_inserted" AFTER INSERT ON "Evaluation" REFERENCING NEW TABLE AS "changed"
    FOR EACH STATEMENT EXECUTE FUNCTION "results_changed"();
CREATE TRIGGER "Evaluation_deleted" AFTER DELETE ON "Evaluation" REFERENCING OLD TABLE AS "changed"
    FOR EACH STATEMENT EXECUTE FUNCTION "results_changed"();

CREATE FUNCTION "evaluation_finished"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE "Dataset" SET "revision" = "revision" + 1 WHERE "id" = NEW."datasetId";
    RETURN NULL;
END $$;

CREATE TRIGGER "Evaluation_finished" AFTER UPDATE OF "cleanRight", "adversarialRight" ON "Evaluation"
    FOR EACH ROW EXECUTE FUNCTION "evaluation_finished"();

-- Who sees a model, and whether it counts.
CREATE FUNCTION "model_changed"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE "Dataset" SET "revision" = "revision" + 1
    WHERE "id" IN (SELECT "datasetId" FROM "Evaluation" WHERE "modelId" = NEW."id" AND "adversarialRight" IS NOT NULL);
    RETURN NULL;
END $$;

CREATE TRIGGER "Model_changed" AFTER UPDATE OF "status", "visibility", "owner" ON "Model"
    FOR EACH ROW EXECUTE FUNCTION "model_changed"();
