import { Webhook } from '../../schema/webhook/webhook.js';
import type { Webhook as WebhookRow } from '../../storage/generated/client.js';
import { defineNode } from '../relay/define-node.js';

export const webhookNode = defineNode<WebhookRow, Webhook>({ type: Webhook, table: ({ webhook }) => webhook });
