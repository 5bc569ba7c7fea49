-- What attacks bound or minimise that is no norm of the change: a difference of colours, a Wasserstein radius.
ALTER TABLE "Evaluation" ADD COLUMN "meanAttackDistance" DOUBLE PRECISION, ADD COLUMN "medianAttackDistance" DOUBLE PRECISION;
