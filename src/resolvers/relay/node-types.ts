/** Types that `node` finds: how a row of each is read. @module */
import { decodeGlobalId } from '../../storage/global-id.js';
import type { Node } from '../../schema/relay/node.js';
import { Certification } from '../../schema/certification/certification.js';
import { Dataset } from '../../schema/dataset/dataset.js';
import { Destruction } from '../../schema/destruction/destruction.js';
import { Evaluation } from '../../schema/evaluation/evaluation.js';
import { Job } from '../../schema/job/job.js';
import { Model } from '../../schema/model/model.js';
import { TrainingRun } from '../../schema/training/training-run.js';
import { Study } from '../../schema/study/study.js';
import { Transfer } from '../../schema/transfer/transfer.js';
import { Token } from '../../schema/token/token.js';
import type { Loaders } from '../loaders.js';

const nodeTypes: Readonly<Record<string, (loaders: Loaders, id: string) => Promise<Node | null>>> = {
  Model: async (loaders, id) => present(await loaders.model.load(id), Model),
  Dataset: async (loaders, id) => present(await loaders.dataset.load(id), Dataset),
  Job: async (loaders, id) => present(await loaders.job.load(id), Job),
  Certification: async (loaders, id) => present(await loaders.certification.load(id), Certification),
  Destruction: async (loaders, id) => present(await loaders.destruction.load(id), Destruction),
  TrainingRun: async (loaders, id) => present(await loaders.trainingRun.load(id), TrainingRun),
  Evaluation: async (loaders, id) => present(await loaders.evaluation.load(id), Evaluation),
  Study: async (loaders, id) => present(await loaders.study.load(id), Study),
  Transfer: async (loaders, id) => present(await loaders.transfer.load(id), Transfer),
  Token: async (loaders, id) => present(await loaders.token.load(id), Token),
};

/** @returns null for an id that this server never gave out, or whose row is gone. */
export async function findNode(loaders: Loaders, globalId: string): Promise<Node | null> {
  const decoded = decodeGlobalId(globalId);
  if (!decoded || !Object.hasOwn(nodeTypes, decoded.type)) return null;
  return nodeTypes[decoded.type]!(loaders, decoded.id);
}

/** A row as its GraphQL object. */
export function present<Row, Item>(row: Row | undefined | null, Type: new (row: Row) => Item): Item | null {
  return row ? new Type(row) : null;
}
