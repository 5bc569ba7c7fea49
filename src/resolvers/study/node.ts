import { Study } from '../../schema/study/study.js';
import type { Study as StudyRow } from '../../storage/generated/client.js';
import { defineNode } from '../relay/define-node.js';

export const studyNode = defineNode<StudyRow, Study>({ type: Study, table: ({ study }) => study });
