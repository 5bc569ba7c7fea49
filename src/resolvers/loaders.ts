/** Rows by id, read together: a page of any length costs one statement for each type in it. @module */
import type { DatabaseClient } from '../storage/database.js';
import { benchmarkLoaders } from './benchmark/loaders.js';
import { certificationLoaders } from './certification/loaders.js';
import { datasetLoaders } from './dataset/loaders.js';
import { destructionLoaders } from './destruction/loaders.js';
import { evaluationLoaders } from './evaluation/loaders.js';
import { jobLoaders } from './job/loaders.js';
import { modelLoaders } from './model/loaders.js';
import { nodeLoaders } from './relay/nodes.js';
import { studyLoaders } from './study/loaders.js';
import { trainingLoaders } from './training/loaders.js';
import { transferLoaders } from './transfer/loaders.js';

export type Loaders = ReturnType<typeof createLoaders>;

export function createLoaders(prisma: DatabaseClient) {
  return {
    nodes: nodeLoaders(prisma),
    ...benchmarkLoaders(prisma),
    ...certificationLoaders(prisma),
    ...datasetLoaders(prisma),
    ...destructionLoaders(prisma),
    ...evaluationLoaders(prisma),
    ...jobLoaders(prisma),
    ...modelLoaders(prisma),
    ...studyLoaders(prisma),
    ...trainingLoaders(prisma),
    ...transferLoaders(prisma),
  };
}
