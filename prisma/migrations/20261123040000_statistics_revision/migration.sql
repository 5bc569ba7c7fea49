-- Statistics are kept until the revision of their data set changes: it counts everything that they rest on.

-- What models make of each other's images.
CREATE FUNCTION "transfers_changed"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE "Dataset" SET "revision" = "revision" + 1
    WHERE "id" IN (SELECT "datasetId" FROM "Evaluation" WHERE "id" IN (SELECT "evaluationId" FROM "changed"));
    RETURN NULL;
END $$;

CREATE TRIGGER "TransferResult_inserted" AFTER INSERT ON "TransferResult" REFERENCING NEW TABLE AS "changed"
    FOR EACH STATEMENT EXECUTE FUNCTION "transfers_changed"();
CREATE TRIGGER "TransferResult_updated" AFTER UPDATE ON "TransferResult" REFERENCING NEW TABLE AS "changed"
    FOR EACH STATEMENT EXECUTE FUNCTION "transfers_changed"();
CREATE TRIGGER "TransferResult_deleted" AFTER DELETE ON "TransferResult" REFERENCING OLD TABLE AS "changed"
    FOR EACH STATEMENT EXECUTE FUNCTION "transfers_changed"();

-- A model counts where it was attacked, and where it judged images of others.
CREATE OR REPLACE FUNCTION "model_changed"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE "Dataset" SET "revision" = "revision" + 1
    WHERE "id" IN (
        SELECT "datasetId" FROM "Evaluation" WHERE "modelId" = NEW."id" AND "adversarialRight" IS NOT NULL
        UNION
        SELECT "datasetId" FROM "Evaluation" JOIN "TransferResult" ON "evaluationId" = "id" WHERE "targetModelId" = NEW."id"
    );
    RETURN NULL;
END $$;

-- What a model was trained from, and how.
CREATE FUNCTION "training_changed"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE "Dataset" SET "revision" = "revision" + 1
    WHERE "id" IN (SELECT "datasetId" FROM "Evaluation" WHERE "modelId" IN (OLD."modelId", NEW."modelId") AND "adversarialRight" IS NOT NULL);
    RETURN NULL;
END $$;

CREATE TRIGGER "TrainingRun_changed" AFTER INSERT OR DELETE OR UPDATE OF "modelId", "architecture", "plan" ON "TrainingRun"
    FOR EACH ROW EXECUTE FUNCTION "training_changed"();

-- Of each model under each attack with each set of its parameters the newest result, without a look at the rows: of attacks that spent one backward pass on each
-- example. Parameters may be longer than an index takes.
ALTER TABLE "Evaluation" ADD COLUMN "parametersHash" TEXT GENERATED ALWAYS AS (md5("parameters"::TEXT)) STORED;
CREATE INDEX "Evaluation_one_step_idx"
    ON "Evaluation"("datasetId", "modelId", "attackKind", "parametersHash", "sampleCount" DESC, "finishedAt" DESC)
    INCLUDE ("id", "epsilon", "offset", "gradients", "cleanTop1", "adversarialTop1", "successes")
    WHERE "adversarialRight" IS NOT NULL AND "gradients" = "sampleCount";
