-- What finished last, for the changes of leaderboards.
CREATE INDEX "Evaluation_finished_last_idx" ON "Evaluation"("finishedAt" DESC) WHERE "adversarialRight" IS NOT NULL;
