/** docs/operations.md, "Back up and restore", done once: a copy of the database and of the store on another machine answers as the first did. */
import { execFile } from 'node:child_process';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from './support/database.js';
import { dataOf, graphqlClient, until, type GraphQLClient } from './support/client.js';
import { finished, readJob, registerMnist, RESULT, startEvaluation, submitArchitecture } from './support/operations.js';
import { startProcess, type ServerProcess } from './support/process.js';
import { S3_UNDER_TEST } from './support/store.js';

const run = promisify(execFile);

let folder: string;
let databases: TestDatabase[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gauntlet-restore-'));
  databases = [await createTestDatabase(join(folder, 'first')), await createTestDatabase()];
});
afterAll(async () => {
  for (const database of databases) await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const start = (name: string, url: string | undefined, networks: Record<string, string> = {}) =>
  startProcess('server.js', {
    GAUNTLET_DATA_DIR: join(folder, name),
    DATABASE_URL: url,
    GAUNTLET_THREADS: '1',
    GAUNTLET_SANDBOX: 'none',
    GAUNTLET_QUEUE_HEARTBEAT_SECONDS: '10',
    ...networks,
  });

/** The database and the store alone: what else is in the folder belongs to the machine. */
async function backUpAndRestore([from, to]: readonly [TestDatabase, TestDatabase]): Promise<void> {
  if (from.url) {
    const dump = join(folder, 'gauntlet.dump');
    await run('pg_dump', ['--format=custom', '--file', dump, from.url]);
    await run('pg_restore', ['--no-owner', '--dbname', to.url!, dump]);
  } else await cp(join(folder, 'first', 'database'), join(folder, 'second', 'database'), { recursive: true });
  await cp(join(folder, 'first', 'artifacts'), join(folder, 'second', 'artifacts'), { recursive: true });
}

const QUERY = `{ models { totalCount nodes { id name status fingerprint } } jobs { totalCount } evaluations(first: 10) { nodes { ${RESULT}
  examples(first: 2) { nodes { label success adversarialImageUrl } } } } webhooks { nodes { url } } }`;

const answersOf = async (graphql: GraphQLClient) => dataOf(graphql(QUERY));

// An S3 server is copied by its own tools.
describe.skipIf(S3_UNDER_TEST)('a copy of database and store', () => {
  it('on another machine gives the same answers and images, lets the same tokens in, opens secrets, and finishes what was under way with the same numbers', async () => {
    const messages: { headers: IncomingHttpHeaders; body: string }[] = [];
    const receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        messages.push({ headers: request.headers, body });
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const networks = { GAUNTLET_REMOTE_MODEL_NETWORKS: '127.0.0.1/32' };
    const servers: ServerProcess[] = [];
    try {
      const first = await start('first', databases[0]!.url, networks);
      servers.push(first);
      const authorization = `Bearer ${first.token}`;
      const graphql = graphqlClient(`${first.url}/graphql`, authorization);
      const datasetId = await registerMnist(graphql);
      const modelId = await submitArchitecture(graphql, 'model');
      const request = { modelId, datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount: 6, keepImages: true };
      await finished(graphql, (await startEvaluation(graphql, request)).jobIds[0]!);
      const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
      const create = 'mutation ($url: String!) { createWebhook(input: { url: $url }) { ... on CreateWebhookSuccess { secret } } }';
      const { createWebhook } = await dataOf(graphql(create, { url }));
      // Under way while the copy is made.
      const long = { modelId, datasetId, attacks: [{ pgd: { epsilon: 0.2, steps: 40 } }], sampleCount: 3000, seed: 5 };
      const { evaluationIds, jobIds } = await startEvaluation(graphql, long);
      await until(async () => (await readJob(graphql, jobIds[0]!)).progress.done > 0, 'the first part');
      await first.kill('SIGTERM');
      await backUpAndRestore([databases[0]!, databases[1]!]);

      const outcome = async (server: ServerProcess) => {
        const client = graphqlClient(`${server.url}/graphql`, authorization);
        expect((await finished(client, jobIds[0]!)).state).toBe('SUCCEEDED');
        const answers = await answersOf(client);
        const image = answers.evaluations.nodes.at(-1).examples.nodes[0].adversarialImageUrl as string;
        const bytes = Buffer.from(await (await fetch(server.url + image, { headers: { authorization } })).arrayBuffer());
        return { client, answers, bytes };
      };
      const timeless = (answers: object) =>
        JSON.parse(
          JSON.stringify(answers, (key: string, value: unknown) =>
            ['seconds', 'finishedAt', 'throughput', 'imagesPerSecond'].includes(key) ? undefined : value,
          ),
        ) as { evaluations: { nodes: { id: string; adversarial: unknown }[] } };
      const second = await start('second', databases[1]!.url, networks);
      servers.push(second);
      expect(second.token).toBe('');
      const copied = await outcome(second);
      const again = await start('first', databases[0]!.url, networks);
      servers.push(again);
      const original = await outcome(again);
      expect(timeless(copied.answers)).toEqual(timeless(original.answers));
      expect(timeless(copied.answers).evaluations.nodes.find(({ id }) => id === evaluationIds[0])!.adversarial).not.toBe(null);
      expect(copied.bytes.equals(original.bytes)).toBe(true);
      expect(copied.bytes.length).toBeGreaterThan(100);
      // The key of secrets is in the store: both sign with what was sealed before the copy.
      await until(() => Promise.resolve(messages.length >= 2), 'messages of both');
      for (const { headers, body } of messages) new Webhook(createWebhook.secret as string).verify(body, headers as Record<string, string>);
    } finally {
      for (const server of servers) await server.kill('SIGKILL');
      receiver.close();
    }
  });
});
