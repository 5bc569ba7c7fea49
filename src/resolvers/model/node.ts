import { Model } from '../../schema/model/model.js';
import type { ModelFilter } from '../../schema/model/model-filter.js';
import type { Model as ModelRow, Prisma } from '../../storage/generated/client.js';
import { hasTags } from '../../services/annotation/annotations.js';
import { defineNode } from '../relay/define-node.js';

export const modelNode = defineNode<ModelRow, Model, ModelFilter>({
  type: Model,
  table: ({ model }) => model,
  where: ({ name, nameContains, architecture, fingerprint, statuses, owners, visibilities, tags }): Prisma.ModelWhereInput => ({
    name: { equals: name, contains: nameContains, mode: nameContains === undefined ? undefined : 'insensitive' },
    architecture,
    fingerprint,
    status: statuses && { in: statuses },
    owner: owners && { in: owners },
    visibility: visibilities && { in: visibilities },
    tags: hasTags(tags),
  }),
});
