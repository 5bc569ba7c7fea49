import { Field, ID, InputType } from 'type-graphql';
import { GraphQLDateTimeISO } from 'graphql-scalars';
import type { AuditAction as Action } from '../../services/audit/audit.js';
import { AuditAction } from './audit-entry.js';

@InputType({ description: 'Which entries. What is given must hold, all together.' })
export class AuditFilter {
  @Field(() => String, { nullable: true, description: 'Of this principal.' })
  actor?: string;

  @Field(() => [AuditAction], { nullable: true, description: 'One of these actions.' })
  actions?: Action[];

  @Field(() => ID, { nullable: true, description: 'Done to what has this id, or had it.' })
  subjectId?: string;

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: 'At this time or later.' })
  since?: Date;

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: 'Before this time.' })
  before?: Date;
}
