import { Field, ObjectType } from 'type-graphql';
import { Job } from '../job/job.js';
import { payloadUnion } from '../errors/payload-union.js';
import { Benchmark, BenchmarkEntry, ClaimedEntry } from './benchmark.js';

@ObjectType({ description: 'The benchmark is there.' })
export class CreateBenchmarkSuccess {
  @Field(() => Benchmark, { description: 'The benchmark.' })
  readonly benchmark: Benchmark;

  constructor(benchmark: Benchmark) {
    this.benchmark = benchmark;
  }
}

export const CreateBenchmarkPayload = payloadUnion('CreateBenchmarkPayload', CreateBenchmarkSuccess, [
  'VALIDATION',
  'NOT_FOUND',
  'DATASET_NOT_READY',
]);

@ObjectType({ description: 'The model is entered; its official run is queued, or under way.' })
export class EnterBenchmarkSuccess {
  @Field(() => BenchmarkEntry, { description: 'The entry.' })
  readonly entry: BenchmarkEntry;

  @Field(() => Job, { description: 'The job of its run.' })
  readonly job: Job;

  constructor(entry: BenchmarkEntry, job: Job) {
    this.entry = entry;
    this.job = job;
  }
}

export const EnterBenchmarkPayload = payloadUnion('EnterBenchmarkPayload', EnterBenchmarkSuccess, [
  'VALIDATION',
  'NOT_FOUND',
  'MODEL_NOT_READY',
  'MODEL_DATASET_MISMATCH',
  'LIMIT_EXCEEDED',
  'QUEUE_FULL',
]);

@ObjectType({ description: 'The models are entered that were not yet.' })
export class EnterAgainSuccess {
  @Field(() => [BenchmarkEntry], { description: 'The entries that are new.' })
  readonly entries: BenchmarkEntry[];

  constructor(entries: BenchmarkEntry[]) {
    this.entries = entries;
  }
}

export const EnterAgainPayload = payloadUnion('EnterAgainPayload', EnterAgainSuccess, [
  'VALIDATION',
  'NOT_FOUND',
  'MODEL_NOT_READY',
  'MODEL_DATASET_MISMATCH',
  'QUEUE_FULL',
]);

@ObjectType({ description: 'The models that came with the server are entered where they were not yet.' })
export class EnterShippedSuccess {
  @Field(() => [BenchmarkEntry], { description: 'The entries that are new.' })
  readonly entries: BenchmarkEntry[];

  constructor(entries: BenchmarkEntry[]) {
    this.entries = entries;
  }
}

export const EnterShippedPayload = payloadUnion('EnterShippedPayload', EnterShippedSuccess, [
  'VALIDATION',
  'NOT_FOUND',
  'MODEL_NOT_READY',
  'QUEUE_FULL',
]);

@ObjectType({ description: 'The claimed entries are those of the input.' })
export class ImportRobustBenchSuccess {
  @Field(() => [ClaimedEntry], { description: 'They.' })
  readonly entries: ClaimedEntry[];

  constructor(entries: ClaimedEntry[]) {
    this.entries = entries;
  }
}

export const ImportRobustBenchPayload = payloadUnion('ImportRobustBenchPayload', ImportRobustBenchSuccess, ['VALIDATION', 'NOT_FOUND']);
