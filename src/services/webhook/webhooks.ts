/** Addresses that are told when jobs and studies end. @module */
import { randomBytes, randomUUID } from 'node:crypto';
import { ComputeError } from '../../compute/errors.js';
import { checkHost } from '../../compute/models/index.js';
import { DomainError } from '../../errors.js';
import type { JobEnvironment } from '../../jobs/types.js';
import type { WebhookEvent, WebhookMessage } from '../../jobs/webhook-message.js';
import type { Webhook } from '../../storage/generated/client.js';
import { encodeGlobalId } from '../../storage/global-id.js';
import { recordAudit } from '../audit/audit.js';
import type { Principal } from '../token/principal.js';
import { deliver, DeliveryFailed, SECRET_PREFIX } from './delivery.js';

export type { WebhookEvent };

export interface WebhookRequest {
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  /** Default: a random one. */
  readonly secret?: string;
}

export interface CreatedWebhook {
  readonly webhook: Webhook;
  /** Shown once: the database has it encrypted. */
  readonly secret: string;
}

/** Of one principal. */
const MOST_WEBHOOKS = 20;

/** Failed tries in a row after which a webhook is disabled: a day and more of them. */
const MOST_FAILURES = 50;

export class WebhookService {
  constructor(private readonly environment: JobEnvironment) {}

  /** @throws DomainError VALIDATION, LIMIT_EXCEEDED */
  async create(principal: Principal, { url, events, secret = newSecret() }: WebhookRequest): Promise<CreatedWebhook> {
    const { prisma, secrets } = this.environment;
    this.checkUrl(url);
    checkSecret(secret);
    const wanted = [...new Set(events)];
    if (wanted.length === 0) throw new DomainError('VALIDATION', 'Name at least one event.', ['events']);
    const owner = principal.name;
    const webhook = await prisma.$transaction(async (tx) => {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext(${owner}))`;
      const count = await tx.webhook.count({ where: { owner } });
      if (count >= MOST_WEBHOOKS) throw new DomainError('LIMIT_EXCEEDED', `You have ${count} webhooks, which is the limit. Delete some.`);
      const id = randomUUID();
      const created = await tx.webhook.create({ data: { id, owner, url, events: wanted, sealed: secrets.seal(secret, id) } });
      await recordAudit(tx, principal, 'WEBHOOK_CREATED', { type: 'Webhook', id, name: withoutQuery(url) });
      return created;
    });
    return { webhook, secret };
  }

  /**
   * Delivers a message, or drops it where the webhook, or the job, is gone.
   * @param messageId the same for every try. @throws DeliveryFailed where it is to be tried again.
   */
  async deliver(messageId: string, { webhookId, event, jobId }: WebhookMessage): Promise<void> {
    const { prisma, secrets, validation, log } = this.environment;
    const webhook = await prisma.webhook.findUnique({ where: { id: webhookId } });
    if (!webhook || webhook.disabledAt) return;
    const body = await this.bodyOf(event, jobId);
    if (body === undefined) return;
    try {
      const secret = secrets.unseal(webhook.sealed, webhook.id);
      await deliver({ url: webhook.url, secret, messageId: `msg_${messageId}`, body, networks: validation.remote.networks });
      await prisma.webhook.updateMany({ where: { id: webhookId }, data: { failures: 0, lastError: null, deliveredAt: new Date() } });
    } catch (error) {
      if (!(error instanceof DeliveryFailed)) throw error;
      const isLast = error.isGone || webhook.failures + 1 >= MOST_FAILURES;
      const data = { failures: { increment: 1 }, lastError: error.message, ...(isLast && { disabledAt: new Date() }) };
      await prisma.webhook.updateMany({ where: { id: webhookId }, data });
      log.warn({ webhookId, url: withoutQuery(webhook.url), reason: error.message }, isLast ? 'webhook disabled' : 'webhook failed');
      if (!isLast) throw error;
    }
  }

  /** @returns undefined where there is no such job any more. */
  private async bodyOf(type: WebhookEvent, jobId: string): Promise<string | undefined> {
    const include = { evaluation: ID, model: ID, destruction: ID, certification: ID, trainingRun: ID, transfer: ID, study: ID } as const;
    const job = await this.environment.prisma.job.findUnique({ where: { id: jobId }, include });
    if (!job) return undefined;
    const { kind, state, error, errorCode, createdAt, startedAt, finishedAt, evaluation, model, destruction, ...more } = job;
    const { certification, trainingRun, transfer, study } = more;
    const data = {
      jobId: encodeGlobalId('Job', jobId),
      ...{ kind, state, error, errorCode, createdAt, startedAt, finishedAt },
      evaluationId: idOf('Evaluation', evaluation),
      modelId: idOf('Model', model),
      destructionId: idOf('Destruction', destruction),
      certificationId: idOf('Certification', certification),
      trainingRunId: idOf('TrainingRun', trainingRun),
      transferId: idOf('Transfer', transfer),
      studyId: idOf('Study', study),
    };
    return JSON.stringify({ type, timestamp: finishedAt, data });
  }

  private checkUrl(text: string): void {
    const url = text.length <= 2000 && URL.canParse(text) ? new URL(text) : undefined;
    if (!url || !['http:', 'https:'].includes(url.protocol))
      throw new DomainError('VALIDATION', 'url must be a URL of http or https, of 2000 characters at most.', ['url']);
    if (url.username || url.password)
      throw new DomainError('VALIDATION', 'url must not hold a password: the signature shows who sends.', ['url']);
    try {
      checkHost(url, this.environment.validation.remote.networks);
    } catch (error) {
      if (!(error instanceof ComputeError)) throw error;
      throw new DomainError('VALIDATION', error.message, ['url'], { cause: error });
    }
  }
}

const ID = { select: { id: true } } as const;

/** Members of what the job is not about are left out. */
const idOf = (type: string, row: { id: string } | null) => (row ? encodeGlobalId(type, row.id) : undefined);

const newSecret = () => `${SECRET_PREFIX}${randomBytes(32).toString('base64')}`;

function checkSecret(secret: string): void {
  const [, text = ''] = /^whsec_([A-Za-z\d+/]+={0,2})$/.exec(secret) ?? [];
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') === text && bytes.length >= 24 && bytes.length <= 64) return;
  throw new DomainError('VALIDATION', 'secret must be `whsec_` and 24 to 64 random bytes in base64. Leave it out to get one.', ['secret']);
}

function withoutQuery(text: string): string {
  const { origin, pathname } = new URL(text);
  return `${origin}${pathname}`;
}
