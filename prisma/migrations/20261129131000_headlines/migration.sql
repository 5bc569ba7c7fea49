-- Which examples a target gets right on transferred images, a bit each, so that headlines count them where the rows are.
ALTER TABLE "TransferResult" ADD COLUMN "adversarialRight" BIT VARYING;

-- From the packed outcomes of both: a header of 8 bytes, then 4 bytes an example for each column. Labels are the first of the evaluation, predictions on the
-- adversarial images the second of the target.
UPDATE "TransferResult" SET "adversarialRight" = (
    SELECT string_agg(
        CASE WHEN substring("labels" FROM 9 + 4 * "i" FOR 4) = substring("predictions" FROM 9 + 4 * ("n" + "i") FOR 4) THEN '1' ELSE '0' END, '' ORDER BY "i"
    )::VARBIT
    -- Joined with nothing, so that the bytes are unpacked once, not for each example.
    FROM (
        SELECT "Evaluation"."outcomes" || ''::BYTEA AS "labels", "TransferResult"."outcomes" || ''::BYTEA AS "predictions", "sampleCount" AS "n"
        FROM "Evaluation" WHERE "Evaluation"."id" = "TransferResult"."evaluationId" OFFSET 0
    ) AS "packed", generate_series(0, "n" - 1) AS "i"
);
ALTER TABLE "TransferResult" ALTER COLUMN "adversarialRight" SET NOT NULL;

-- Headlines say whether there are findings, which later evaluations and transfers add to.
CREATE TRIGGER "Evaluation_findings_changed" AFTER UPDATE OF "findings" ON "Evaluation"
    FOR EACH ROW WHEN (OLD."findings" IS DISTINCT FROM NEW."findings") EXECUTE FUNCTION "evaluation_finished"();
