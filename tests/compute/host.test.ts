import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { EngineName } from '../../src/compute/engine/types.js';
import { createCompute } from '../../src/compute/host/compute.js';
import { SharedValues } from '../../src/compute/host/shared-values.js';
import { Turns } from '../../src/compute/host/turns.js';
import type { ShardRequest } from '../../src/compute/host/types.js';
import { failure, refusal, temporaryDirectory } from './fixtures.js';

const directory = await temporaryDirectory();
const compute = await createCompute({ engine: { engine: 'eager:cpu' } });
afterAll(() => compute.close());

const model = { format: 'LAYERS_MODEL', directory: join(directory, 'mlp') } as const;
await compute.buildModel({ architecture: 'mlp', seed: 1 }, model.directory);

function request(change: Partial<ShardRequest> = {}): ShardRequest {
  return {
    model,
    dataset: { format: 'mnist', split: 'test' },
    attack: { kind: 'FGSM', parameters: { epsilon: 0.1 } },
    seed: 1,
    offset: 0,
    count: 8,
    keepImages: false,
    ...change,
  };
}

describe('the computing process', () => {
  it('reports which engine it runs', async () => {
    expect(await compute.engine()).toMatchObject({ kind: 'eager', provider: 'cpu' });
    expect((await compute.statistics()).runs).toBeGreaterThan(0);
  });

  it('inspects, builds and evaluates', async () => {
    expect(await compute.inspectDataset({ format: 'mnist', split: 'test' })).toMatchObject({ exampleCount: 10_000 });
    expect(await compute.inspectModel(model)).toMatchObject({ output: 'LOGITS', operations: { Dense: 3 }, warnings: [] });
    const image = await compute.datasetImage({ format: 'mnist', split: 'test' }, 3);
    expect(image).toHaveLength(784);
    const result = await compute.evaluateShard(request({ keepImages: true }));
    expect(result.count).toBe(8);
    expect(result.images).toHaveLength(8 * 784);
    expect((await compute.evaluateShard(request())).images).toBeUndefined();
  });

  it('evaluates shards that take turns as it evaluates each alone, and says what its time went into', async () => {
    const offsets = [0, 8, 16];
    const together = await Promise.all(offsets.map((offset) => compute.evaluateShard(request({ offset, evaluation: 'one' }))));
    for (const [k, offset] of offsets.entries()) {
      const alone = await compute.evaluateShard(request({ offset }));
      for (const name of ['adversarialPrediction', 'ssim', 'pass', 'l2'] as const) expect(together[k]![name]).toEqual(alone[name]);
      const { decode, attack, predict, metrics } = together[k]!.phases;
      for (const seconds of [decode, attack, predict, metrics]) expect(seconds).toBeGreaterThan(0);
      // Of another clock, which starts a moment later.
      expect(attack).toBeGreaterThan(0.99 * together[k]!.seconds);
    }
  });

  it('returns errors with code and path', async () => {
    expect(await failure(compute.inspectModel({ format: 'LAYERS_MODEL', directory: '/nowhere' }))).toMatchObject({ code: 'INVALID_MODEL' });
    expect(await failure(compute.evaluateShard(request({ attack: { kind: 'FGSM', parameters: { epsilon: -1 } } })))).toMatchObject({
      code: 'INVALID_ATTACK',
      path: ['epsilon'],
    });
    expect(await failure(compute.datasetImage({ format: 'mnist', split: 'test' }, 10_000))).toMatchObject({ code: 'INVALID_DATASET' });
  });

  it('predicts clean images once for all budgets and attacks', async () => {
    const runs = async (epsilon: number, kind: string) => {
      const before = (await compute.statistics()).runs;
      const { cleanPrediction, diagnostics } = await compute.evaluateShard(
        request({ offset: 500, attack: { kind, parameters: { epsilon } } }),
      );
      return { runs: (await compute.statistics()).runs - before, cleanPrediction, diagnostics };
    };
    const first = await runs(0.1, 'FGSM');
    // Clean images, a sample of them again, its gradients; the attack; adversarial images as stored, and as floats.
    expect(first.runs).toBe(6);
    expect(await runs(0.1, 'STEP_LL')).toEqual({ ...first, runs: 3 });
    // 51 levels: rounding changes nothing.
    expect(await runs(0.2, 'FGSM')).toEqual({ ...first, runs: 2 });
  });

  it('does not block the calling thread while it computes', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    await compute.evaluateShard(request({ count: 100, attack: { kind: 'ITER_BASIC', parameters: { epsilon: 0.1, steps: 5 } } }));
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(10);
  });

  it('stops when its signal aborts', async () => {
    const controller = new AbortController();
    const long = request({ count: 4000, attack: { kind: 'ITER_BASIC', parameters: { epsilon: 0.1, steps: 60 } } });
    // To the end it would take minutes.
    setTimeout(() => controller.abort(), 200);
    expect(await failure(compute.evaluateShard(long, controller.signal))).toMatchObject({ code: 'CANCELLED' });
    expect(await failure(compute.evaluateShard(long, controller.signal))).toMatchObject({ code: 'CANCELLED' });
  });

  it('notices that a model was replaced', async () => {
    const changed = { format: 'LAYERS_MODEL', directory: join(directory, 'changed') } as const;
    await cp(model.directory, changed.directory, { recursive: true });
    const before = await compute.inspectModel(changed);
    const bytes = await readFile(join(changed.directory, 'weights.bin'));
    bytes.writeFloatLE(0.5, 0);
    await writeFile(join(changed.directory, 'weights.bin'), bytes);
    expect((await compute.inspectModel(changed)).fingerprint).not.toBe(before.fingerprint);
  });

  it('applies the limits it was given', async () => {
    const strict = await createCompute({ engine: { engine: 'eager:cpu' }, limits: { maximumWeightBytes: 1000 } });
    expect(await failure(strict.inspectModel(model))).toMatchObject(refusal('LIMIT_EXCEEDED', /at most 1000/));
    await strict.close();
    expect(await failure(strict.engine())).toMatchObject({ code: 'CANCELLED' });
  });

  it('rejects pending calls when it is ended from outside, and starts again', async () => {
    const running = compute.evaluateShard(request({ count: 4000, attack: { kind: 'ITER_BASIC', parameters: { epsilon: 0.1 } } }));
    const { pid, restarts } = await compute.processStatus();
    setTimeout(() => process.kill(pid!, 'SIGSEGV'), 300);
    expect(await failure(running)).toMatchObject({ code: 'INTERNAL', retriable: true, death: { signal: 'SIGSEGV' } });
    expect((await compute.evaluateShard(request())).count).toBe(8);
    const now = await compute.processStatus();
    expect(now).toMatchObject({ state: 'running', restarts: restarts + 1, lastDeath: 'SIGSEGV' });
    expect(now.pid).not.toBe(pid);
  });

  it('can be closed while onnxruntime runs, and ends after that run', async () => {
    const closing = await createCompute({ engine: { engine: 'compiled:cpu', microBatch: 64 } });
    const { pid } = await closing.processStatus();
    // Once the clean images are predicted, the attack is on its way; to the end it would take minutes.
    const attack = { kind: 'ITER_BASIC', parameters: { epsilon: 0.1, steps: 10_000 } };
    const running = failure(closing.evaluateShard(request({ count: 4000, attack })));
    await expect.poll(async () => (await closing.statistics()).runs).toBeGreaterThan(2);
    await closing.close();
    expect(await running).toMatchObject({ code: 'CANCELLED' });
    expect(() => process.kill(pid!, 0)).toThrow('ESRCH');
  });

  it('fails at once where the engine cannot run', async () => {
    await failure(createCompute({ engine: { engine: 'nonsense' as EngineName } }));
  });
});

describe('shared values', () => {
  it('disposes of evicted values, but not while they are used', async () => {
    const disposed: string[] = [];
    const cache = new SharedValues<string>({ capacity: 1, kind: 'models', dispose: (value) => void disposed.push(value) });
    let release = () => {};
    const held = cache.use(
      'a',
      () => Promise.resolve('A'),
      () => new Promise<void>((resolve) => (release = resolve)),
    );
    await cache.use(
      'b',
      () => Promise.resolve('B'),
      () => undefined,
    );
    expect(disposed).toEqual([]);
    release();
    await held;
    expect(disposed).toEqual(['A']);
    await cache.clear();
    expect(disposed).toEqual(['A', 'B']);
  });

  it('computes a value once for concurrent callers, and again after a failure', async () => {
    const cache = new SharedValues<number>({ capacity: 2, kind: 'models', dispose: () => undefined });
    let made = 0;
    const make = () => (++made === 1 ? Promise.reject(new Error('first')) : Promise.resolve(made));
    await expect(cache.use('k', make, (value) => value)).rejects.toThrow('first');
    expect(await Promise.all([cache.use('k', make, (value) => value), cache.use('k', make, (value) => value)])).toEqual([2, 2]);
  });
});

describe('turns', () => {
  it('of one name come one after the other, also after a failure, and those of another name beside them', async () => {
    const turns = new Turns();
    const events: string[] = [];
    let end = () => {};
    const first = turns.take('a', async () => {
      events.push('first begins');
      await new Promise<void>((resolve) => (end = resolve));
      events.push('first ends');
      throw new Error('failed');
    });
    const second = turns.take('a', async () => void events.push('second'));
    await turns.take('b', async () => void events.push('other'));
    end();
    await expect(first).rejects.toThrow('failed');
    await second;
    expect(events).toEqual(['first begins', 'other', 'first ends', 'second']);
  });
});
