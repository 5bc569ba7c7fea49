/** All types that have ids. @module */
import { decodeGlobalId } from '../../storage/global-id.js';
import type { Node } from '../../schema/relay/node.js';
import type { DatabaseClient } from '../../storage/database.js';
import { benchmarkNode, entryNode } from '../benchmark/node.js';
import { auditEntryNode } from '../audit/node.js';
import { certificationNode } from '../certification/node.js';
import { datasetNode } from '../dataset/node.js';
import { destructionNode } from '../destruction/node.js';
import { evaluationNode } from '../evaluation/node.js';
import { jobNode } from '../job/node.js';
import { modelNode } from '../model/node.js';
import { savedViewNode } from '../view/node.js';
import { studyNode } from '../study/node.js';
import { tokenNode } from '../token/node.js';
import { trainingRunNode } from '../training/node.js';
import { transferNode } from '../transfer/node.js';
import { webhookNode } from '../webhook/node.js';
import type { RowLoaders } from './row-loaders.js';

const nodes = [
  benchmarkNode,
  entryNode,
  auditEntryNode,
  certificationNode,
  datasetNode,
  destructionNode,
  evaluationNode,
  jobNode,
  modelNode,
  savedViewNode,
  studyNode,
  tokenNode,
  trainingRunNode,
  transferNode,
  webhookNode,
];

/** Loaders of rows, by the name of their type. */
export function nodeLoaders(prisma: DatabaseClient): RowLoaders['nodes'] {
  return new Map(nodes.map((node) => [node.name, node.createLoader(prisma)]));
}

/** @returns null for an id that this server never gave out, or whose row is gone. */
export async function findNode(loaders: RowLoaders, globalId: string): Promise<Node | null> {
  const decoded = decodeGlobalId(globalId);
  const node = nodes.find(({ name }) => name === decoded?.type);
  return node && decoded ? node.find(loaders, decoded.id) : null;
}
