import { GraphQLBigInt, GraphQLDateTimeISO } from 'graphql-scalars';
import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { Worker as WorkerRow } from '../../storage/generated/client.js';
import { engineOf } from '../../storage/json.js';
import { Column } from '../column.js';

@ObjectType({ description: 'A process that computes parts of jobs, and has said so in the last minute.' })
export class Worker {
  constructor(readonly row: WorkerRow) {}

  @Column(() => ID, { description: 'Made at its start.' })
  readonly id!: string;

  @Column(() => String, { description: 'Version of its program.' })
  readonly version!: string;

  @Field(() => String, { description: 'What it computes with, such as `compiled/cpu (onnxruntime-node 1.30.0, 2 sessions)`.' })
  get engine(): string {
    return engineOf(this.row)!.label;
  }

  @Field(() => Boolean, { description: 'Whether it computes on a GPU.' })
  get gpu(): boolean {
    return engineOf(this.row)!.provider !== 'cpu';
  }

  @Field(() => GraphQLBigInt, { description: 'Bytes of memory that its computing may occupy.' })
  get memory(): bigint {
    return this.row.memory;
  }

  @Column(() => GraphQLDateTimeISO, { description: 'When it started.' })
  readonly startedAt!: Date;

  @Column(() => GraphQLDateTimeISO, { description: 'When it last said that it is there.' })
  readonly seenAt!: Date;
}

@ObjectType({ description: 'The parts of a job, which any number of workers compute.' })
export class JobParts {
  @Field(() => Int, { description: 'Planned so far. What is done first says how many there will be.' })
  planned!: number;

  @Field(() => Int, { description: 'Done.' })
  done!: number;

  @Field(() => Int, { description: 'Begun by a worker, and not done.' })
  running!: number;
}
