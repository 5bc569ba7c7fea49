import { Model } from '../../schema/model/model.js';
import type { ModelFilter } from '../../schema/model/model-filter.js';
import type { Model as ModelRow, Prisma } from '../../storage/generated/client.js';
import { defineNode } from '../relay/define-node.js';

export const modelNode = defineNode<ModelRow, Model, ModelFilter>({
  type: Model,
  table: ({ model }) => model,
  where: ({ nameContains, architecture, fingerprint, statuses }): Prisma.ModelWhereInput => ({
    name: nameContains === undefined ? undefined : { contains: nameContains, mode: 'insensitive' },
    architecture,
    fingerprint,
    status: statuses && { in: statuses },
  }),
});
