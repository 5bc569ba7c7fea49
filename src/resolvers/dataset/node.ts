import { Dataset } from '../../schema/dataset/dataset.js';
import type { DatasetFilter } from '../../schema/dataset/dataset-filter.js';
import type { Dataset as DatasetRow, Prisma } from '../../storage/generated/client.js';
import { defineNode } from '../relay/define-node.js';

export const datasetNode = defineNode<DatasetRow, Dataset, DatasetFilter>({
  type: Dataset,
  table: ({ dataset }) => dataset,
  where: ({ nameContains, format, split }): Prisma.DatasetWhereInput => ({
    name: nameContains === undefined ? undefined : { contains: nameContains, mode: 'insensitive' },
    format,
    split,
  }),
});
