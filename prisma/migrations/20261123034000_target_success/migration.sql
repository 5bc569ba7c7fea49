-- How often an attack with a target led to it.
ALTER TABLE "Evaluation" ADD COLUMN "aimed" INTEGER,
ADD COLUMN "targetsReached" INTEGER;
