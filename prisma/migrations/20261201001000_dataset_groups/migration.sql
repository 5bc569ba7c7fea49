-- Subgroups of the examples of a data set.
CREATE TABLE "DatasetGroups" (
    "datasetId" UUID NOT NULL,
    "names" TEXT[],
    "groups" BYTEA NOT NULL,

    CONSTRAINT "DatasetGroups_pkey" PRIMARY KEY ("datasetId")
);
ALTER TABLE "DatasetGroups" ADD CONSTRAINT "DatasetGroups_datasetId_fkey" FOREIGN KEY ("datasetId") REFERENCES "Dataset"("id") ON DELETE CASCADE ON UPDATE CASCADE;
