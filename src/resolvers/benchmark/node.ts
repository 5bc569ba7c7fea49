import { Benchmark, BenchmarkEntry } from '../../schema/benchmark/benchmark.js';
import type { BenchmarkFilter } from '../../schema/benchmark/benchmark-inputs.js';
import { rowIds } from '../../storage/global-id.js';
import type { Benchmark as BenchmarkRow, BenchmarkEntry as EntryRow, Prisma } from '../../storage/generated/client.js';
import { defineNode } from '../relay/define-node.js';

export const benchmarkNode = defineNode<BenchmarkRow, Benchmark, BenchmarkFilter>({
  type: Benchmark,
  table: ({ benchmark }) => benchmark,
  where: ({ name, datasetIds }): Prisma.BenchmarkWhereInput => ({ name, datasetId: datasetIds && { in: rowIds(datasetIds, 'Dataset') } }),
});

export const entryNode = defineNode<EntryRow, BenchmarkEntry>({
  type: BenchmarkEntry,
  table: ({ benchmarkEntry }) => benchmarkEntry,
});
