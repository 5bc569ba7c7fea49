import { Arg, Args, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { PageArgs } from '../../schema/relay/page-args.js';
import { CreateWebhookInput, CreateWebhookPayload, CreateWebhookSuccess } from '../../schema/webhook/create-webhook.js';
import { Webhook, WebhookConnection, WebhookOrder } from '../../schema/webhook/webhook.js';
import type { GraphQLContext } from '../context.js';
import { given } from '../given.js';
import { webhookNode } from './node.js';

@Resolver(() => Webhook)
export class WebhookResolver {
  @Query(() => WebhookConnection, { description: 'Webhooks of the principal, or all for admins, the newest first by default.' })
  async webhooks(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('orderBy', () => WebhookOrder, { nullable: true, description: 'In which order.' }) orderBy: WebhookOrder | undefined,
    @Ctx() { services: { prisma } }: GraphQLContext,
  ): Promise<WebhookConnection> {
    return new WebhookConnection(await webhookNode.list(prisma, { page, orderBy }));
  }

  @Mutation(() => CreateWebhookPayload, { description: 'Has an address told, by a signed POST, when jobs of the principal end.' })
  async createWebhook(
    @Arg('input', () => CreateWebhookInput, { description: 'The address.' }) input: CreateWebhookInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof CreateWebhookPayload> {
    const { webhook, secret } = await services.webhooks.create(viewer, given(input));
    return new CreateWebhookSuccess(new Webhook(webhook), secret);
  }
}
