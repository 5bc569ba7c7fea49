import { Study } from '../../schema/study/study.js';
import type { StudyFilter } from '../../schema/study/study-filter.js';
import { hasTags } from '../../services/annotation/annotations.js';
import type { Prisma, Study as StudyRow } from '../../storage/generated/client.js';
import { defineNode } from '../relay/define-node.js';

export const studyNode = defineNode<StudyRow, Study, StudyFilter>({
  type: Study,
  table: ({ study }) => study,
  where: ({ recipe, tags }): Prisma.StudyWhereInput => ({ recipe, tags: hasTags(tags) }),
});
