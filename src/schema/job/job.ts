import { Field, Int, ObjectType } from 'type-graphql';
import { GraphQLDateTimeISO } from 'graphql-scalars';
import type { Job as JobRow } from '../../storage/generated/client.js';
import { Device } from './device.js';
import { JobState } from './job-state.js';
import { connectionOf } from '../relay/connection.js';
import { Node } from '../relay/node.js';
import { creationOrder } from '../relay/order.js';
import { Column } from '../column.js';

@ObjectType({ description: 'How far a job is.' })
export class JobProgress {
  constructor(readonly row: JobRow) {}

  @Column(() => Int, { description: 'Units done.' })
  readonly done!: number;

  @Column(() => Int, { description: 'Units in all.' })
  readonly total!: number;

  @Column(() => String, { description: 'What is counted, such as `images`.' })
  readonly unit!: string;
}

@ObjectType({ implements: Node, description: 'Long work. It survives a restart of the server.' })
export class Job extends Node {
  constructor(readonly row: JobRow) {
    super('Job', row.id);
  }

  @Column(() => String, { description: 'What sort of work, such as `evaluation`.' })
  readonly kind!: string;

  @Column(() => String, { description: 'Name of the principal that asked for it; `server` where the server did.' })
  readonly owner!: string;

  @Column(() => JobState, { description: 'Where it stands.' })
  readonly state!: JobState;

  @Field(() => JobProgress, { description: 'How far it is.' })
  get progress(): JobProgress {
    return new JobProgress(this.row);
  }

  @Column(() => Device, { description: 'What it asks to be computed on.' })
  readonly device!: Device;

  @Column(() => Boolean, { description: 'Whether an admin has put it before all others.' })
  readonly raised!: boolean;

  @Column(() => GraphQLDateTimeISO, { description: 'When it was asked for.' })
  readonly createdAt!: Date;

  @Column(() => GraphQLDateTimeISO, { nullable: true, description: 'When a worker first took it.' })
  readonly startedAt!: Date | null;

  @Column(() => GraphQLDateTimeISO, { nullable: true, description: 'When it reached its final state.' })
  readonly finishedAt!: Date | null;

  @Column(() => String, { nullable: true, description: 'Why it failed, and what to do.' })
  readonly error!: string | null;

  @Column(() => String, { nullable: true, description: 'Why it failed, as a code that programs can act on.' })
  readonly errorCode!: string | null;

  @Column(() => GraphQLDateTimeISO, { nullable: true, description: 'When it should be done, going by its speed so far.' })
  readonly eta!: Date | null;
}

export const JobConnection = connectionOf('Job', Job);
export type JobConnection = InstanceType<typeof JobConnection>;

export const JobOrder = creationOrder('Job', 'jobs');
export type JobOrder = InstanceType<typeof JobOrder>;
