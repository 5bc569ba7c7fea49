import { Destruction } from '../../schema/destruction/destruction.js';
import type { Destruction as DestructionRow } from '../../storage/generated/client.js';
import { defineNode } from '../relay/define-node.js';

export const destructionNode = defineNode<DestructionRow, Destruction>({ type: Destruction, table: ({ destruction }) => destruction });
