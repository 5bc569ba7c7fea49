-- Mean and median distance of successful adversarial examples in more norms, and their similarity.
ALTER TABLE "Evaluation"
    ADD COLUMN "meanL1" DOUBLE PRECISION,
    ADD COLUMN "meanSsim" DOUBLE PRECISION,
    ADD COLUMN "meanPass" DOUBLE PRECISION,
    ADD COLUMN "medianLinf" DOUBLE PRECISION,
    ADD COLUMN "medianL2" DOUBLE PRECISION,
    ADD COLUMN "medianL1" DOUBLE PRECISION,
    ADD COLUMN "medianL0" DOUBLE PRECISION,
    ADD COLUMN "medianSsim" DOUBLE PRECISION,
    ADD COLUMN "medianPass" DOUBLE PRECISION;
