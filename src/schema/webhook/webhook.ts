import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { GraphQLDateTimeISO } from 'graphql-scalars';
import type { WebhookEvent as Event } from '../../services/webhook/webhooks.js';
import type { Webhook as WebhookRow } from '../../storage/generated/client.js';
import { Column } from '../column.js';
import { connectionOf } from '../relay/connection.js';
import { Node } from '../relay/node.js';
import { creationOrder } from '../relay/order.js';

export const WebhookEvent = { JOB_FINISHED: 'job.finished', STUDY_FINISHED: 'study.finished' } as const satisfies Record<string, Event>;

registerEnumType(WebhookEvent, {
  name: 'WebhookEvent',
  description: 'What a webhook is told about.',
  valuesConfig: {
    JOB_FINISHED: { description: 'A job has succeeded, failed or been cancelled: `job.finished`.' },
    STUDY_FINISHED: { description: 'The same of a study, without its single jobs: `study.finished`.' },
  },
});

@ObjectType({
  implements: Node,
  description: 'An address that is told, by a signed POST, when jobs of its owner end. Signed as https://www.standardwebhooks.com says.',
})
export class Webhook extends Node {
  constructor(readonly row: WebhookRow) {
    super('Webhook', row.id);
  }

  @Column(() => String, { description: 'Name of the principal whose jobs it is told about.' })
  readonly owner!: string;

  @Column(() => String, { description: 'The address.' })
  readonly url!: string;

  @Field(() => [WebhookEvent], { description: 'What it is told about.' })
  get events(): string[] {
    return this.row.events;
  }

  @Column(() => Int, { description: 'Tries that have failed since one succeeded. After 50 it is disabled.' })
  readonly failures!: number;

  @Column(() => String, { nullable: true, description: 'Why the last try failed; null where it succeeded.' })
  readonly lastError!: string | null;

  @Column(() => GraphQLDateTimeISO, { nullable: true, description: 'When something was last delivered.' })
  readonly deliveredAt!: Date | null;

  @Column(() => GraphQLDateTimeISO, {
    nullable: true,
    description: 'When it was disabled, after too many failures or an answer of status 410. Delete it and make another.',
  })
  readonly disabledAt!: Date | null;

  @Column(() => GraphQLDateTimeISO, { description: 'When it was made.' })
  readonly createdAt!: Date;
}

export const WebhookConnection = connectionOf('Webhook', Webhook);
export type WebhookConnection = InstanceType<typeof WebhookConnection>;

export const WebhookOrder = creationOrder('Webhook', 'webhooks');
export type WebhookOrder = InstanceType<typeof WebhookOrder>;
