/** What happens to calls when the process ends that computes them. */
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCompute, Endpoints } from '../../src/compute/host/index.js';
import type { ShardRequest, SupervisedCompute } from '../../src/compute/host/types.js';
import type { ComputeProcessLost } from '../../src/compute/errors.js';
import type { Endpoint } from '../../src/compute/models/index.js';
import { deepTree, greedy } from './deadly-files.js';
import { failure, temporaryDirectory } from './fixtures.js';
import { writeOnnx } from './onnx-files.js';
import { startParent } from './process-parent.js';

const GiB = 2 ** 30;
const directory = await temporaryDirectory();
const log: string[] = [];
let compute: SupervisedCompute;
const model = { format: 'LAYERS_MODEL', directory: join(directory, 'mlp') } as const;
const spec = { inputShape: [28, 28, 1], classCount: 10 } as const;
const deep = { format: 'ONNX', access: 'SCORE', directory: join(directory, 'deep'), spec } as const;

beforeAll(async () => {
  compute = await createCompute({ engine: { engine: 'eager:cpu', log: (_level, message) => void log.push(message) }, memory: GiB });
  await compute.buildModel({ architecture: 'mlp', seed: 1 }, model.directory);
  await writeOnnx(deep.directory, deepTree());
});
afterAll(() => compute?.close());

const request = (change: object = {}) =>
  ({
    model,
    dataset: { format: 'mnist', split: 'test' },
    attack: { kind: 'UNIFORM_NOISE', parameters: { epsilon: 0.1 } },
    seed: 1,
    offset: 0,
    count: 4,
    keepImages: false,
    ...change,
  }) as ShardRequest;
/** To the end it would take minutes. */
const long = request({ count: 4000, attack: { kind: 'ITER_BASIC', parameters: { epsilon: 0.1, steps: 100 } } });

const lost = (error: unknown) => {
  const { code, retriable, losses, death } = error as ComputeProcessLost;
  return { code, retriable, losses, signal: death?.signal };
};

describe('a file that makes native code crash', () => {
  it('ends the process: the part is tried once more, alone, and then fails with a message that says so', async () => {
    const part = compute.forPart('deadly');
    const beside = compute.forPart('innocent');
    const innocent = failure(beside.evaluateShard(long));
    await expect.poll(async () => (await compute.statistics()).runs).toBeGreaterThan(0);
    expect(lost(await failure(part.evaluateShard(request({ model: deep }))))).toEqual({
      code: 'INTERNAL',
      retriable: true,
      losses: 1,
      signal: 'SIGSEGV',
    });
    expect(lost(await innocent)).toEqual({ code: 'INTERNAL', retriable: true, losses: 1, signal: 'SIGSEGV' });

    // Both are suspects: each is computed with no other part beside it, so that only the one at fault is blamed.
    const again = failure(part.evaluateShard(request({ model: deep })));
    const finished = beside.evaluateShard(request());
    const error = await again;
    expect(lost(error)).toEqual({ code: 'COMPUTE_CRASHED', retriable: false, losses: 2, signal: 'SIGSEGV' });
    expect((error as Error).message).toMatch(/ended twice in a row while it computed this part, .*SIGSEGV/);
    expect((await finished).count).toBe(4);
    expect(log).toContain('The computing process ended: SIGSEGV. It is started again when it is next needed.');
  });

  it('is known to have ended a process elsewhere, where the caller says so', async () => {
    const part = compute.forPart('moved here', 1);
    expect(await failure(part.evaluateShard(request({ model: deep })))).toMatchObject({ code: 'COMPUTE_CRASHED', losses: 2 });
  });
});

describe('a file that asks for all memory', () => {
  it.each([1, 64])('is refused, or ends the process, with an error that says so (%i GB at least)', async (gigabytes) => {
    const folder = await writeOnnx(join(directory, `greedy-${gigabytes}`), greedy(gigabytes));
    const error = await failure(compute.evaluateShard(request({ model: { ...deep, directory: folder } })));
    expect((error as Error).message).toMatch(/alloc|more memory than it may/);
    expect((await compute.evaluateShard(request())).count).toBe(4);
  });
});

describe('calls', () => {
  it('that the process had not begun go to the next one', async () => {
    const other = await createCompute({ engine: { engine: 'eager:cpu' } });
    const { pid } = await other.processStatus();
    // It begins nothing, and is then gone.
    process.kill(pid!, 'SIGSTOP');
    const result = other.evaluateShard(request());
    process.kill(pid!, 'SIGKILL');
    expect((await result).count).toBe(4);
    expect((await other.processStatus()).restarts).toBe(1);
    await other.close();
  });

  it('are answered after the process has rested, whose counters go on', async () => {
    const resting = await createCompute({ engine: { engine: 'eager:cpu' }, restMs: 50 });
    await resting.evaluateShard(request());
    const { runs } = await resting.statistics();
    await expect.poll(async () => (await resting.processStatus()).state).toBe('resting');
    expect(await resting.processStatus()).toMatchObject({ pid: null, restarts: 0, residentBytes: 0 });
    expect((await resting.statistics()).runs).toBe(runs);
    // What does not compute does not start it.
    await resting.engine();
    expect((await resting.processStatus()).state).toBe('resting');
    await resting.evaluateShard(request());
    expect((await resting.statistics()).runs).toBeGreaterThan(runs);
    await resting.close();
  });

  it('carry images of any size, and leave no file', async () => {
    const before = await scratchFolders();
    const other = await createCompute({ engine: { engine: 'eager:cpu' } });
    const small = await other.evaluateShard(request({ count: 20, keepImages: true }));
    const large = await other.evaluateShard(request({ count: 1400, keepImages: true }));
    expect(large.images).toHaveLength(1400 * 784);
    expect(large.images!.subarray(0, 20 * 784)).toEqual(small.images);
    // As the second half of a transfer: images go there as well.
    const { prediction } = await other.predictImages({ model, dataset: request().dataset, offset: 0, count: 1400, images: large.images! });
    expect(prediction).toEqual(large.adversarialPrediction);
    const [scratch] = (await scratchFolders()).filter((name) => !before.includes(name));
    expect((await readdir(join(tmpdir(), scratch!))).filter((name) => name.endsWith('.parcel'))).toEqual([]);
    await other.close();
    expect(await scratchFolders()).not.toContain(scratch);
  });
});

const scratchFolders = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('gauntlet-process-'));

describe('endpoints of a process without network', () => {
  const endpoint = {
    url: 'http://127.0.0.1:9/',
    protocol: 'JSON',
    answers: 'LOGITS',
    layout: 'CHANNELS_LAST',
    batchSize: 1,
    timeoutSeconds: 1,
    retries: 0,
  } satisfies Endpoint;

  it('are called for it where it was given a model there, and nowhere else; it does not see their authorization', async () => {
    const endpoints = new Endpoints({ networks: [], maximumResponseBytes: 1 });
    const secret = { ...endpoint, authorization: 'Bearer secret' };
    const { sources } = endpoints.withheld({ sources: [{ endpoint: secret, spec: {} }] });
    expect(JSON.stringify(sources)).not.toContain('secret');
    const message = { headers: {}, body: '' };
    // It is called, and its address is refused.
    expect(await failure(endpoints.call(sources[0]!.endpoint, message))).toMatchObject({
      message: expect.stringContaining('127.0.0.1 is no public address'),
    });
    expect(await failure(endpoints.call(secret, message))).toMatchObject({
      message: expect.stringContaining('no model that it was given'),
    });
    endpoints.close();
  });
});

it.each(['none', 'auto'] as const)('a killed parent takes the process with it (sandbox: %s)', async (sandbox) => {
  const { parent, pid } = await startParent(sandbox);
  parent.kill('SIGKILL');
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
