import { Field, InputType, ObjectType } from 'type-graphql';
import type { WebhookEvent as Event } from '../../services/webhook/webhooks.js';
import { payloadUnion } from '../errors/payload-union.js';
import { Webhook, WebhookEvent } from './webhook.js';

@InputType({ description: 'An address to tell when jobs end.' })
export class CreateWebhookInput {
  @Field(() => String, {
    description:
      'Where to POST to: http or https, a public address unless `GAUNTLET_REMOTE_MODEL_NETWORKS` names others. Redirects are not followed.',
  })
  url!: string;

  @Field(() => [WebhookEvent], { defaultValue: [WebhookEvent.JOB_FINISHED], description: 'What to tell it.' })
  events!: Event[];

  @Field(() => String, { nullable: true, description: 'What to sign with: `whsec_` and 24 to 64 bytes in base64. Default: a random one.' })
  secret?: string;
}

@ObjectType({ description: 'The webhook is told from now on.' })
export class CreateWebhookSuccess {
  @Field(() => Webhook, { description: 'The webhook.' })
  readonly webhook: Webhook;

  @Field(() => String, { description: 'What its messages are signed with. It is shown this once.' })
  readonly secret: string;

  constructor(webhook: Webhook, secret: string) {
    this.webhook = webhook;
    this.secret = secret;
  }
}

export const CreateWebhookPayload = payloadUnion('CreateWebhookPayload', CreateWebhookSuccess, ['VALIDATION', 'LIMIT_EXCEEDED']);
