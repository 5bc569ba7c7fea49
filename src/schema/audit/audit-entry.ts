import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { GraphQLDateTimeISO, GraphQLJSONObject } from 'graphql-scalars';
import type { AuditAction as Action } from '../../services/audit/audit.js';
import type { AuditEntry as AuditEntryRow } from '../../storage/generated/client.js';
import { encodeGlobalId } from '../../storage/global-id.js';
import { Column } from '../column.js';
import { connectionOf } from '../relay/connection.js';
import { Node } from '../relay/node.js';
import { creationOrder } from '../relay/order.js';

export const AuditAction = {
  DELETED: 'DELETED',
  FUNCTION_CONNECTED: 'FUNCTION_CONNECTED',
  JOB_CANCELLED: 'JOB_CANCELLED',
  JOB_RAISED: 'JOB_RAISED',
  MODEL_DOWNLOADED: 'MODEL_DOWNLOADED',
  SIGNED_IN: 'SIGNED_IN',
  TOKEN_CREATED: 'TOKEN_CREATED',
  TOKEN_REVOKED: 'TOKEN_REVOKED',
  VISIBILITY_CHANGED: 'VISIBILITY_CHANGED',
  WEBHOOK_CREATED: 'WEBHOOK_CREATED',
} as const satisfies Record<Action, Action>;

registerEnumType(AuditAction, {
  name: 'AuditAction',
  description: 'What somebody did.',
  valuesConfig: {
    DELETED: { description: 'Deleted something; `details` has its owner.' },
    FUNCTION_CONNECTED: { description: 'Connected a function on a machine of theirs, as a model.' },
    JOB_CANCELLED: { description: 'Cancelled a job; `details` has its owner.' },
    JOB_RAISED: { description: 'Put a job before all others; `details` has its owner.' },
    MODEL_DOWNLOADED: { description: 'Downloaded the files of a model.' },
    SIGNED_IN: { description: 'Signed a browser in with a token.' },
    TOKEN_CREATED: { description: 'Made a token; `details` has its role.' },
    TOKEN_REVOKED: { description: 'Revoked a token.' },
    VISIBILITY_CHANGED: { description: 'Showed a model to others, or hid it; `details` has from what to what.' },
    WEBHOOK_CREATED: { description: 'Had an address told about jobs.' },
  },
});

@ObjectType({ implements: Node, description: 'What somebody did, and to what.' })
export class AuditEntry extends Node {
  constructor(readonly row: AuditEntryRow) {
    super('AuditEntry', row.id);
  }

  @Column(() => String, {
    description:
      'Name of the principal: of its tokens, `server` for the server and its command line, `(public)` for those without a token.',
  })
  readonly actor!: string;

  @Column(() => AuditAction, { description: 'What it did.' })
  readonly action!: string;

  @Column(() => String, { description: 'Type of what it was done to.' })
  readonly subjectType!: string;

  @Field(() => ID, { nullable: true, description: 'Id of what it was done to, which may be gone.' })
  get subjectId(): string | null {
    return this.row.subjectId && encodeGlobalId(this.row.subjectType, this.row.subjectId);
  }

  @Column(() => String, { nullable: true, description: 'Name that it had.' })
  readonly subjectName!: string | null;

  @Field(() => GraphQLJSONObject, { nullable: true, description: 'More about it.' })
  get details(): object | null {
    return this.row.details as object | null;
  }

  @Column(() => GraphQLDateTimeISO, { description: 'When.' })
  readonly createdAt!: Date;
}

export const AuditEntryConnection = connectionOf('AuditEntry', AuditEntry);
export type AuditEntryConnection = InstanceType<typeof AuditEntryConnection>;

export const AuditEntryOrder = creationOrder('AuditEntry', 'entries of the audit log');
export type AuditEntryOrder = InstanceType<typeof AuditEntryOrder>;
