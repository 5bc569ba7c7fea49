import { Field, Int, ObjectType } from 'type-graphql';
import { GraphQLDateTimeISO } from 'graphql-scalars';
import type { Job as JobRow } from '../../storage/generated/client.js';
import { JobState } from './job-state.js';
import { connectionOf } from '../relay/connection.js';
import { Node } from '../relay/node.js';
import { creationOrder } from '../relay/order.js';

@ObjectType({ description: 'How far a job is.' })
export class JobProgress {
  @Field(() => Int, { description: 'Units done.' })
  done!: number;

  @Field(() => Int, { description: 'Units in all.' })
  total!: number;

  @Field(() => String, { description: 'What is counted, such as `images`.' })
  unit!: string;
}

@ObjectType({ implements: Node, description: 'Long work. It survives a restart of the server.' })
export class Job extends Node {
  constructor(readonly row: JobRow) {
    super('Job', row.id);
  }

  @Field(() => String, { description: 'What sort of work, such as `evaluation`.' })
  get kind(): string {
    return this.row.kind;
  }

  @Field(() => String, { description: 'Name of the principal that asked for it; `server` where the server did.' })
  get owner(): string {
    return this.row.owner;
  }

  @Field(() => JobState, { description: 'Where it stands.' })
  get state(): JobState {
    return this.row.state;
  }

  @Field(() => JobProgress, { description: 'How far it is.' })
  get progress(): JobProgress {
    return this.row;
  }

  @Field(() => GraphQLDateTimeISO, { description: 'When it was asked for.' })
  get createdAt(): Date {
    return this.row.createdAt;
  }

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: 'When a worker first took it.' })
  get startedAt(): Date | null {
    return this.row.startedAt;
  }

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: 'When it reached its final state.' })
  get finishedAt(): Date | null {
    return this.row.finishedAt;
  }

  @Field(() => String, { nullable: true, description: 'Why it failed, and what to do.' })
  get error(): string | null {
    return this.row.error;
  }

  @Field(() => String, { nullable: true, description: 'Why it failed, as a code that programs can act on.' })
  get errorCode(): string | null {
    return this.row.errorCode;
  }

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: 'When it should be done, going by its speed so far.' })
  get eta(): Date | null {
    return this.row.eta;
  }
}

export const JobConnection = connectionOf('Job', Job);
export type JobConnection = InstanceType<typeof JobConnection>;

export const JobOrder = creationOrder('Job', 'jobs');
export type JobOrder = InstanceType<typeof JobOrder>;
