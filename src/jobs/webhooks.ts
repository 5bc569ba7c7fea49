/** Tells those who asked for it that a job has ended: queues a message for each webhook of its owner and of those who asked for the same, in the transaction that ends the job. @module */
import type { Transaction } from '../storage/database.js';
import type { Job } from '../storage/generated/client.js';
import type { JobQueue } from './queue.js';
import { STUDY } from './study/kind.js';
import type { WebhookEvent } from './webhook-message.js';

export async function notifyWebhooks(
  tx: Transaction,
  queue: JobQueue,
  { id: jobId, kind, owner }: Pick<Job, 'id' | 'kind' | 'owner'>,
): Promise<void> {
  const happened: readonly WebhookEvent[] = kind === STUDY ? ['job.finished', 'study.finished'] : ['job.finished'];
  const others = await tx.jobRequester.findMany({ where: { jobId }, select: { name: true } });
  const owners = { in: [owner, ...others.map(({ name }) => name)] };
  const webhooks = await tx.webhook.findMany({ where: { owner: owners, disabledAt: null, events: { hasSome: [...happened] } } });
  const messages = webhooks.flatMap(({ id: webhookId, events }) =>
    happened.filter((event) => events.includes(event)).map((event) => ({ webhookId, event, jobId })),
  );
  await queue.notify(tx, messages);
}
