import { randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeGlobalId, rowId } from '../../src/storage/global-id.js';
import { endJob } from '../../src/jobs/end-job.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, graphqlClient, until, type GraphQLClient } from './support/client.js';
import { finished, registerMnist, startEvaluation, submitArchitecture } from './support/operations.js';

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers with the statuses in turn, the last one for ever. */
class Receiver {
  readonly received: Received[] = [];
  statuses = [204];
  private readonly server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      this.received.push({ path: request.url!, headers: request.headers, body });
      const status = this.statuses.length > 1 ? this.statuses.shift()! : this.statuses[0]!;
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end('an answer that nobody reads');
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): Promise<unknown> {
    return new Promise((resolve) => this.server.close(resolve));
  }
}

const receiver = new Receiver();
let url: string;
let app: TestApplication;
let owner: GraphQLClient;
let other: GraphQLClient;

beforeAll(async () => {
  url = await receiver.start();
  app = await startTestApplication({ GAUNTLET_REMOTE_MODEL_NETWORKS: '127.0.0.1/32' });
  owner = graphqlClient(app.graphqlUrl, await app.authorizationOf('owner', 'SUBMITTER'));
  other = graphqlClient(app.graphqlUrl, await app.authorizationOf('other', 'SUBMITTER'));
});
afterAll(async () => {
  await app?.close();
  await receiver.close();
});
beforeEach(async () => {
  receiver.received.length = 0;
  receiver.statuses = [204];
  await app.runtime.database.prisma.webhook.deleteMany();
});

const CREATE = `mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { __typename
  ... on CreateWebhookSuccess { secret webhook { id url events failures disabledAt } } ... on UserError { message path } } }`;

const create = async (graphql: GraphQLClient, input: object) => (await dataOf(graphql(CREATE, { input }))).createWebhook;

/** A job that has ended, without the work. */
async function endedJob(name = 'owner', kind = 'evaluation', more: object = {}): Promise<string> {
  const { prisma } = app.runtime.database;
  const job = await prisma.job.create({ data: { owner: name, kind, total: 1, unit: 'images', ...more } });
  await endJob(app.runtime.environment, job.id, { state: 'CANCELLED' });
  return job.id;
}

const arrived = (count: number, timeoutMs = 30_000) =>
  until(() => Promise.resolve(receiver.received.length >= count && receiver.received), `${count} messages`, timeoutMs);

describe('a webhook', () => {
  it('is told when a job of its owner ends, signed so that another implementation of the standard accepts it', async () => {
    const { secret, webhook } = await create(owner, { url: `${url}/hook?from=gauntlet` });
    expect(secret).toMatch(/^whsec_/);
    expect(webhook).toMatchObject({ events: ['JOB_FINISHED'], failures: 0, disabledAt: null });
    const datasetId = await registerMnist(app.graphql);
    const modelId = await submitArchitecture(owner, 'model');
    const request = { modelId, datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount: 4 };
    const { evaluationIds, jobIds } = await startEvaluation(owner, request);
    await finished(owner, jobIds[0]!);
    const messages = await arrived(2);
    const payloads = messages.map(({ headers, body }) => new Verifier(secret).verify(body, headers as Record<string, string>)) as {
      type: string;
      timestamp: string;
      data: Record<string, unknown>;
    }[];
    expect(messages.map(({ path }) => path)).toEqual(['/hook?from=gauntlet', '/hook?from=gauntlet']);
    expect(payloads.map(({ type, data }) => [type, data.kind, data.state])).toEqual([
      ['job.finished', 'validation', 'SUCCEEDED'],
      ['job.finished', 'evaluation', 'SUCCEEDED'],
    ]);
    expect(payloads[0]!.data.modelId).toBe(modelId);
    expect(payloads[1]!.data).toMatchObject({ jobId: jobIds[0], evaluationId: evaluationIds[0], error: null });
    expect(Date.parse(payloads[1]!.timestamp)).toBeGreaterThan(Date.now() - 60_000);
    // A signature with another secret, or of another body, does not verify.
    const [{ headers, body }] = messages as [Received];
    const otherSecret = `whsec_${randomBytes(32).toString('base64')}`;
    expect(() => new Verifier(otherSecret).verify(body, headers as Record<string, string>)).toThrow();
    expect(() => new Verifier(secret).verify(body.replace('SUCCEEDED', 'FAILED'), headers as Record<string, string>)).toThrow();
  });

  it('is not told about jobs of others', async () => {
    await create(owner, { url });
    await endedJob('other');
    const own = await endedJob('owner');
    await arrived(1);
    expect(receiver.received.map(({ body }) => (JSON.parse(body) as { data: { jobId: string } }).data.jobId)).toEqual([
      encodeGlobalId('Job', own),
    ]);
  });

  it('that wants studies is told about these alone, and one that wants both about both', async () => {
    await create(owner, { url: `${url}/studies`, events: ['STUDY_FINISHED'] });
    await create(owner, { url: `${url}/both`, events: ['STUDY_FINISHED', 'JOB_FINISHED'] });
    await endedJob('owner', 'evaluation');
    await endedJob('owner', 'study');
    await arrived(4);
    const seen = receiver.received.map(({ path, body }) => `${path} ${(JSON.parse(body) as { type: string }).type}`).sort();
    expect(seen).toEqual(['/both job.finished', '/both job.finished', '/both study.finished', '/studies study.finished']);
  });

  it('that fails is told again, under the same id and with a new signature', async () => {
    const { secret, webhook } = await create(owner, { url });
    receiver.statuses = [500, 302, 204];
    await endedJob();
    const messages = await arrived(3, 60_000);
    expect(new Set(messages.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    for (const { headers, body } of messages) new Verifier(secret).verify(body, headers as Record<string, string>);
    expect(messages.map(({ path }) => path)).toEqual(['/', '/', '/']);
    const row = () => app.runtime.database.prisma.webhook.findUniqueOrThrow({ where: { id: rowId(webhook.id, 'Webhook')! } });
    await until(async () => (await row()).deliveredAt, 'the note that it was delivered');
    expect(await row()).toMatchObject({ failures: 0, lastError: null, disabledAt: null });
  });

  it('is disabled after 50 failures in a row, or when it says that it is gone', async () => {
    const { prisma } = app.runtime.database;
    const [failing, gone] = await Promise.all([create(owner, { url: `${url}/failing` }), create(owner, { url: `${url}/gone` })]);
    const ids = [failing, gone].map(({ webhook }) => rowId(webhook.id, 'Webhook')!);
    await prisma.webhook.update({ where: { id: ids[0]! }, data: { failures: 48 } });
    const jobId = await endedJob();
    await arrived(2);
    receiver.statuses = [500];
    const message = { event: 'job.finished' as const, jobId };
    await expect(app.services.webhooks.deliver('one', { webhookId: ids[0]!, ...message })).rejects.toThrow('500');
    await prisma.webhook.update({ where: { id: ids[0]! }, data: { failures: 49 } });
    await app.services.webhooks.deliver('two', { webhookId: ids[0]!, ...message });
    receiver.statuses = [410];
    await app.services.webhooks.deliver('three', { webhookId: ids[1]!, ...message });
    const { webhooks } = await dataOf(owner('{ webhooks { nodes { url failures lastError disabledAt } } }'));
    const disabledAt = expect.any(String) as string;
    expect(webhooks.nodes).toEqual(
      expect.arrayContaining([
        { url: `${url}/failing`, failures: 50, lastError: 'It answers with HTTP status 500.', disabledAt },
        { url: `${url}/gone`, failures: 1, lastError: 'It answers with HTTP status 410.', disabledAt },
      ]),
    );
    receiver.received.length = 0;
    receiver.statuses = [204];
    await create(owner, { url: `${url}/alive` });
    await endedJob();
    await arrived(1);
    expect(receiver.received.map(({ path }) => path)).toEqual(['/alive']);
  });

  it('that was deleted is told nothing more', async () => {
    const { webhook } = await create(owner, { url });
    const jobId = await endedJob();
    await arrived(1);
    const remove = `mutation ($id: ID!) { deleteWebhook(input: { webhookId: $id }) { __typename } }`;
    expect((await dataOf(other(remove, { id: webhook.id }))).deleteWebhook.__typename).toBe('NotFoundError');
    expect((await dataOf(owner(remove, { id: webhook.id }))).deleteWebhook.__typename).toBe('DeleteWebhookSuccess');
    await app.services.webhooks.deliver('x', { webhookId: rowId(webhook.id, 'Webhook')!, event: 'job.finished', jobId });
    expect(receiver.received).toHaveLength(1);
  });

  it('is seen by its owner and by admins, never with its secret', async () => {
    const secret = `whsec_${randomBytes(24).toString('base64')}`;
    expect((await create(owner, { url, secret })).secret).toBe(secret);
    const list = async (graphql: GraphQLClient) => (await dataOf(graphql('{ webhooks { totalCount nodes { owner url } } }'))).webhooks;
    expect(await list(owner)).toEqual({ totalCount: 1, nodes: [{ owner: 'owner', url }] });
    expect(await list(app.graphql)).toMatchObject({ totalCount: 1 });
    expect(await list(other)).toMatchObject({ totalCount: 0 });
    const rows = await app.runtime.database.prisma.webhook.findMany();
    expect(Buffer.from(rows[0]!.sealed).includes(secret.slice(6))).toBe(false);
  });

  it.each([
    ['another scheme', { url: 'ftp://example.org' }, 'url'],
    ['no URL', { url: 'example.org' }, 'url'],
    ['a password', { url: 'https://a:b@example.org' }, 'url'],
    ['an address that is not public', { url: 'http://10.0.0.1/' }, 'url'],
    ['an address that is not public, in IPv6', { url: 'http://[::ffff:10.0.0.1]/' }, 'url'],
    ['the address of metadata', { url: 'http://169.254.169.254/latest' }, 'url'],
    ['a short secret', { url: 'https://example.org', secret: 'whsec_c2hvcnQ=' }, 'secret'],
    ['a secret that is no base64', { url: 'https://example.org', secret: `whsec_${'-'.repeat(40)}` }, 'secret'],
    ['no events', { url: 'https://example.org', events: [] }, 'events'],
  ])('with %s is refused', async (_what, input, member) => {
    expect(await create(owner, input)).toMatchObject({ __typename: 'ValidationError', path: [member] });
  });

  it('whose name leads to an address that is not public is not called', async () => {
    const { prisma } = app.runtime.database;
    const closed = await startTestApplication();
    try {
      const mine = await create(closed.graphql, { url: url.replace('127.0.0.1', 'localhost') });
      expect(mine.__typename).toBe('CreateWebhookSuccess');
      const { prisma: itsOwn } = closed.runtime.database;
      const job = await itsOwn.job.create({ data: { owner: 'admin', kind: 'evaluation', total: 1, unit: 'images' } });
      const message = { webhookId: rowId(mine.webhook.id, 'Webhook')!, event: 'job.finished' as const, jobId: job.id };
      await expect(closed.services.webhooks.deliver('x', message)).rejects.toThrow(/no public address|failed/);
      expect(receiver.received).toEqual([]);
    } finally {
      await closed.close();
    }
    expect(await prisma.webhook.count()).toBe(0);
  });

  it('is one of twenty at most', async () => {
    for (let i = 0; i < 20; i++) await create(other, { url: `${url}/${i}` });
    expect(await create(other, { url })).toMatchObject({ __typename: 'LimitExceededError' });
  });
});
