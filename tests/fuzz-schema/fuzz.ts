/**
 * `npm run fuzz:schema -- [--count 5000] [--seed 1] [--patience 100]`: random operations at every role against a server of its own, over HTTP and WebSocket. Fails where an answer is neither
 * 2xx nor 4xx or has no code, and where another client waits for /healthz longer than `--patience` milliseconds. Run it on a quiet machine.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSchema } from '../../src/resolvers/index.js';
import { startProcess } from '../server/support/process.js';
import { graphqlClient } from '../server/support/client.js';
import { startOtherClient } from '../server/support/other-client.js';
import { idsAndRoles } from './subject.js';
import { sendOperations, shapeOf } from './send.js';
import type { Sent } from './types.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '5000' },
    seed: { type: 'string', default: '1' },
    patience: { type: 'string', default: '100' },
  },
});
const [count, seed, patience] = [Number(values.count), Number(values.seed), Number(values.patience)];

const directory = await mkdtemp(join(tmpdir(), 'gauntlet-fuzz-'));
const server = await startProcess('server.js', {
  GAUNTLET_DATA_DIR: directory,
  GAUNTLET_DEMO: 'true',
  GAUNTLET_WORKER: 'false',
  GAUNTLET_REQUESTS_PER_MINUTE: '10000000',
  GAUNTLET_LOG_LEVEL: 'error',
});
const other = startOtherClient({ url: `${server.url}/healthz` });

const graphqlUrl = `${server.url}/graphql`;
const target = {
  schema: await createSchema(),
  graphqlUrl,
  ...(await idsAndRoles(graphqlClient(graphqlUrl, `Bearer ${server.token}`), `Bearer ${server.token}`)),
};
await new Promise((resolve) => setTimeout(resolve, 3000));
await other.slowestSince();
await new Promise((resolve) => setTimeout(resolve, 5000));
const idle = await other.slowestSince();

const shapes = new Set<string>();
const statuses = new Map<string, number>();
const faults: Sent[] = [];
let slowestAnswer: Sent | undefined;
let worst: { ms: number; sent: Sent } | undefined;
const late: { ms: number; sent: Sent }[] = [];
const began = performance.now();
for await (const sent of sendOperations(target, seed, 0, count)) {
  const ms = await other.slowestSince();
  shapes.add(shapeOf(sent.operation));
  const key = `${sent.operation.kind} ${sent.status}`;
  statuses.set(key, (statuses.get(key) ?? 0) + 1);
  if (sent.fault) faults.push(sent);
  if (sent.ms > (slowestAnswer?.ms ?? 0)) slowestAnswer = sent;
  if (ms > (worst?.ms ?? 0)) worst = { ms, sent };
  if (ms > patience) late.push({ ms, sent });
}
const show = ({ operation: { kind, body }, role }: Sent) => `${kind} as ${role}, ${body.length} bytes: ${body.slice(0, 300)}`;
console.log(
  `${count} requests of seed ${seed}, ${shapes.size} distinct operations, in ${Math.round((performance.now() - began) / 1000)} s`,
);
for (const [key, number] of [...statuses].sort()) console.log(`  ${key}: ${number}`);
console.log(`slowest answer: ${Math.round(slowestAnswer!.ms)} ms (${show(slowestAnswer!)})`);
console.log(
  `slowest /healthz of another client: ${Math.round(worst!.ms)} ms, of an idle server ${Math.round(idle)} ms (${show(worst!.sent)})`,
);
for (const { ms, sent } of late) console.log(`LATE ${Math.round(ms)} ms: ${show(sent)}`);
for (const sent of faults) console.log(`FAULT ${sent.fault!}\n  ${show(sent)}`);
await other.end();
await server.kill('SIGTERM');
await rm(directory, { recursive: true, force: true });
process.exitCode = faults.length + late.length > 0 ? 1 : 0;
