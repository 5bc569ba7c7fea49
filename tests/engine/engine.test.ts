import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import { expectClose, floats, integers, tf } from './helpers.js';
import type { BatchedFunctionSpec, Engine, EngineOptions } from '../../src/compute/engine/types.js';
import type { HostTensor, HostTensors } from '../../src/compute/tensors/types.js';

const engines: Engine[] = [];

async function engineOf(options: Partial<EngineOptions> = {}): Promise<Engine> {
  const engine = await createEngine({ engine: 'compiled:cpu', microBatch: 4, ...options });
  engines.push(engine);
  return engine;
}

afterAll(() => Promise.all(engines.map((engine) => engine.dispose())));

const weights = (shape: number[], seed: number) => tf.tensor(floats(shape, seed).data as Float32Array, shape);

/** One signed-gradient step on a small network, as attacks take it. */
const attackStep: BatchedFunctionSpec = {
  name: 'test.step',
  fingerprint: '1',
  inputs: {
    x: { dtype: 'float32', shape: [6, 6, 3] },
    label: { dtype: 'int32', shape: [] },
    size: { dtype: 'float32', shape: [], shared: true },
  },
  fn: ({ x, label, size }) => {
    const loss = (image: tf.Tensor) => {
      const y = tf.relu(tf.conv2d(image as tf.Tensor4D, weights([3, 3, 3, 16], 1) as tf.Tensor4D, 1, 'same'));
      const logits = tf.matMul(tf.reshape(tf.maxPool(y as tf.Tensor4D, 2, 2, 'valid'), [-1, 144]), weights([144, 10], 2));
      return tf.neg(tf.sum(tf.mul(tf.oneHot(label as tf.Tensor1D, 10), tf.logSoftmax(logits))));
    };
    const gradient = tf.grad(loss)(x!);
    return { x: tf.add(x!, tf.mul(size!, tf.sign(gradient))), gradient };
  },
};

const attackInputs = (n: number): HostTensors => ({
  x: floats([n, 6, 6, 3], 4),
  label: integers([n], 10),
  size: { dtype: 'float32', shape: [], data: Float32Array.of(0.01) },
});

async function runOn(engine: Engine, spec: BatchedFunctionSpec, inputs: HostTensors, options = {}): Promise<HostTensors> {
  return (await engine.batched(spec)).run(inputs, options);
}

describe('batched functions', () => {
  it('give what the eager engine gives', async () => {
    const eager = await engineOf({ engine: 'eager:cpu' });
    const expected = await runOn(eager, attackStep, attackInputs(7));
    const actual = await runOn(await engineOf(), attackStep, attackInputs(7));
    expect(actual.x!.shape).toEqual([7, 6, 6, 3]);
    expectClose(actual.gradient!.data, expected.gradient!.data, 1e-5);
    expectClose(actual.x!.data, expected.x!.data, 1e-6);
  });

  it('do not depend on the size of micro-batches or on threads', async () => {
    const inputs = attackInputs(13);
    const { gradient } = await runOn(await engineOf({ microBatch: 1, threads: 1 }), attackStep, inputs);
    for (const options of [
      { microBatch: 1, threads: 2 },
      { microBatch: 5, threads: 2 },
      { microBatch: 64, threads: 3 },
      { microBatch: undefined },
    ]) {
      const other = await runOn(await engineOf(options), attackStep, inputs);
      expectClose(other.gradient!.data, gradient!.data, 1e-5, JSON.stringify(options));
    }
  });

  it('give each example what it gets alone', async () => {
    const engine = await engineOf();
    const inputs = attackInputs(6);
    const together = await runOn(engine, attackStep, inputs);
    const one = (tensor: HostTensor, i: number): HostTensor => {
      const size = tensor.data.length / 6;
      return { ...tensor, shape: [1, ...tensor.shape.slice(1)], data: tensor.data.slice(i * size, (i + 1) * size) };
    };
    const alone = await runOn(engine, attackStep, { ...inputs, x: one(inputs.x!, 4), label: one(inputs.label!, 4) });
    expectClose(alone.gradient!.data, one(together.gradient!, 4).data, 1e-5);
  });

  it('take no examples', async () => {
    const { x } = await runOn(await engineOf(), attackStep, attackInputs(0));
    expect(x!.shape).toEqual([0, 6, 6, 3]);
  });

  it('repeat with feedback as a loop outside does', async () => {
    for (const engine of [await engineOf(), await engineOf({ engine: 'eager:cpu' })]) {
      const inputs = attackInputs(5);
      const repeated = await runOn(engine, attackStep, inputs, { repeat: 3, feedback: { x: 'x' } });
      let x = inputs.x!;
      for (let i = 0; i < 3; i++) x = (await runOn(engine, attackStep, { ...inputs, x })).x!;
      expectClose(repeated.x!.data, x.data, 1e-6);
    }
  });

  it('stop when aborted', async () => {
    for (const engine of [await engineOf(), await engineOf({ engine: 'eager:cpu', microBatch: 1 })]) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 30);
      const running = runOn(engine, attackStep, attackInputs(100), {
        repeat: 100_000,
        feedback: { x: 'x' },
        signal: engine.description.kind === 'eager' ? AbortSignal.abort() : controller.signal,
      });
      await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
      // The engine is as good as before.
      expect((await runOn(engine, attackStep, attackInputs(3))).x!.shape[0]).toBe(3);
    }
  });

  it('fail when the engine is closed meanwhile', async () => {
    const engine = await createEngine({ engine: 'compiled:cpu', microBatch: 4 });
    const step = await engine.batched(attackStep);
    const running = step.run(attackInputs(100), { repeat: 100_000, feedback: { x: 'x' } });
    setTimeout(() => void engine.dispose(), 30);
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(step.run(attackInputs(1))).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('run side by side', async () => {
    const engine = await engineOf();
    const [a, b] = await Promise.all([runOn(engine, attackStep, attackInputs(9)), runOn(engine, attackStep, attackInputs(9))]);
    expect(a!.x!.data).toEqual(b!.x!.data);
  });

  it('refuse inputs that do not fit, and say which', async () => {
    const step = await (await engineOf()).batched(attackStep);
    await expect(step.run({ ...attackInputs(2), x: floats([2, 5, 6, 3]) })).rejects.toThrow("Input 'x' must be float32 [2, 6, 6, 3]");
    await expect(step.run({ x: attackInputs(2).x!, size: attackInputs(2).size! })).rejects.toThrow("Input 'label' is missing");
    await expect(step.run(attackInputs(2), { feedback: { y: 'x' } })).rejects.toThrow("no output named 'y'");
  });
});

describe('tracing', () => {
  const spec = (fn: BatchedFunctionSpec['fn']): BatchedFunctionSpec => ({
    name: 'test.trace',
    fingerprint: String(fn),
    inputs: { x: { dtype: 'float32', shape: [4] } },
    fn,
  });

  it('names every kernel that has no compiled form', async () => {
    const engine = await engineOf();
    const compiling = engine.batched(spec(({ x }) => ({ y: tf.real(tf.complex(x!, x!)) })));
    await expect(compiling).rejects.toMatchObject({ code: 'UNSUPPORTED_OPERATION', path: ['Complex'] });
    const two = engine.batched(
      spec(({ x }) => ({
        y: tf.add(
          tf.sum(tf.conv3d(tf.reshape<tf.Rank.R5>(x!, [-1, 1, 1, 1, 1]), tf.ones([1, 1, 1, 1, 1]), 1, 'same')),
          tf.sum(tf.dilation2d(tf.reshape<tf.Rank.R4>(x!, [-1, 1, 1, 1]), tf.zeros([1, 1, 1]), 1, 'same')),
        ),
      })),
    );
    await expect(two).rejects.toThrow(/Conv3D.*Dilation2D/);
  });

  it('says what is read too early', async () => {
    const engine = await engineOf();
    const compiling = engine.batched(spec(({ x }) => ({ y: tf.mul(x!, tf.sum(tf.exp(x!)).dataSync()[0]!) })));
    await expect(compiling).rejects.toThrow('reads the values of the result of Sum');
    const ofInput = engine.batched(spec(({ x }) => ({ y: tf.mul(x!, x!.dataSync()[0]!) })));
    await expect(ofInput).rejects.toThrow('reads the values of an input');
  });

  it('takes tensors of other backends as constants, and leaves them where they are', async () => {
    await tf.setBackend('cpu');
    const outside = tf.tensor1d([1, 2, 3, 4]);
    const { y } = await runOn(
      await engineOf(),
      spec(({ x }) => ({ y: tf.mul(x!, outside) })),
      { x: { dtype: 'float32', shape: [1, 4], data: Float32Array.of(1, 1, 2, 2) } },
    );
    expect([...y!.data]).toEqual([1, 2, 6, 8]);
    expect([...outside.dataSync()]).toEqual([1, 2, 3, 4]);
    expect(tf.getBackend()).toBe('cpu');
    outside.dispose();
  });

  it('leaves no tensors behind', async () => {
    const engine = await engineOf();
    const before = tf.memory().numTensors;
    await runOn(engine, { ...attackStep, fingerprint: 'leak' }, attackInputs(5));
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('gradients', () => {
  it('agree with finite differences', async () => {
    const smooth = (x: tf.Tensor) => {
      const y = tf.softplus(tf.conv2d(x as tf.Tensor4D, weights([3, 3, 2, 16], 1) as tf.Tensor4D, 2, 'same'));
      const z = tf.avgPool(tf.conv2d(y as tf.Tensor4D, weights([3, 3, 16, 16], 2) as tf.Tensor4D, 1, 'same'), 3, 1, 'same');
      return tf.sum(tf.tanh(tf.mean(tf.elu(z), [1, 2])), 1);
    };
    const spec: BatchedFunctionSpec = {
      name: 'test.smooth',
      fingerprint: '1',
      inputs: { x: { dtype: 'float32', shape: [5, 5, 2] } },
      fn: ({ x }) => ({ y: smooth(x!), gradient: tf.grad((v) => tf.sum(smooth(v)))(x!) }),
    };
    const engine = await engineOf();
    const x = floats([1, 5, 5, 2], 3);
    const { gradient } = await runOn(engine, spec, { x });
    const step = 1e-2;
    const moved = Float32Array.from(
      { length: 100 * 50 },
      (_, i) => x.data[i % 50]! + (Math.floor(i / 100) === i % 50 ? (Math.floor(i / 50) % 2 ? -step : step) : 0),
    );
    const { y } = await runOn(engine, spec, { x: { dtype: 'float32', shape: [100, 5, 5, 2], data: moved } });
    const differences = Float32Array.from({ length: 50 }, (_, i) => (y!.data[2 * i]! - y!.data[2 * i + 1]!) / (2 * step));
    expectClose(gradient!.data, differences, 2e-3);
  });
});

describe('the cache', () => {
  const spec = (i: number): BatchedFunctionSpec => ({
    name: 'test.cache',
    fingerprint: String(i),
    inputs: { x: { dtype: 'float32', shape: [2] } },
    fn: ({ x }) => ({ y: tf.add(x!, i) }),
  });
  const inputs = { x: floats([1, 2]) };

  it('compiles once what is asked for often, and again what has left', async () => {
    const engine = await engineOf({ cacheSize: 2 });
    const first = await engine.batched(spec(0));
    await first.run(inputs);
    await runOn(engine, spec(0), inputs);
    expect(engine.statistics()).toMatchObject({ compilations: 1, runs: 2 });
    expect(engine.statistics().cacheHits).toBeGreaterThan(0);
    for (const i of [1, 2]) await runOn(engine, spec(i), inputs);
    expect(engine.statistics().compilations).toBe(3);
    const { y } = await first.run(inputs);
    expect(y!.data[0]).toBeCloseTo(inputs.x.data[0]!);
    expect(engine.statistics().compilations).toBe(4);
  });
});

describe('a worker that ends', () => {
  /** The threads that `start` starts. */
  async function threadsOf<T>(start: () => Promise<T>): Promise<{ result: T; threads: Worker[] }> {
    const threads: Worker[] = [];
    const remember = (worker: Worker) => threads.push(worker);
    process.on('worker', remember);
    const result = await start();
    process.off('worker', remember);
    return { result, threads };
  }
  const lost = { code: 'INTERNAL', message: expect.stringContaining('worker ended') as string };

  it('fails what runs, and is replaced for what comes', async () => {
    const warnings: string[] = [];
    const log: EngineOptions['log'] = (level, message) => level === 'warn' && warnings.push(message);
    const { result, threads } = await threadsOf(async () => {
      const engine = await engineOf({ threads: 2, log });
      return { engine, step: await engine.batched(attackStep) };
    });
    const expected = await result.step.run(attackInputs(9));
    for (const thread of threads) {
      const ended = thread.terminate();
      await expect(result.step.run(attackInputs(9))).rejects.toMatchObject(lost);
      await ended;
      expect(await result.step.run(attackInputs(9))).toEqual(expected);
    }
    expect(warnings).toHaveLength(threads.length);
  });

  it('takes the state of a program with it, which says so', async () => {
    const engine = await engineOf();
    const x = floats([2]);
    const { result: program, threads } = await threadsOf(() =>
      engine.program({
        name: 'test.program',
        fingerprint: '1',
        state: { total: x },
        inputs: { x: { dtype: 'float32', shape: [2] } },
        fn: ({ total }, inputs) => ({ state: { total: tf.add(total!, inputs.x!) }, outputs: {} }),
      }),
    );
    const ended = threads.at(-1)!.terminate();
    await expect(program.step({ x })).rejects.toMatchObject(lost);
    await ended;
    await expect(program.step({ x })).rejects.toThrow('test.program has lost its state');
  });
});

describe('the cache on disk', () => {
  // Two threads whatever the machine: on many, each part of the inputs would be smaller than the size that is chosen, and want a second model.
  const options = { microBatch: undefined, threads: 2 };
  const inputs = attackInputs(200);

  async function inFolder(test: (cacheDirectory: string, files: () => Promise<string[]>) => Promise<void>): Promise<void> {
    const cacheDirectory = await mkdtemp(join(tmpdir(), 'gauntlet-engine-'));
    const models = join(cacheDirectory, 'models');
    const files = async () => (await readdir(models)).map((name) => join(models, name));
    try {
      await test(cacheDirectory, files);
    } finally {
      await rm(cacheDirectory, { recursive: true });
    }
  }

  /** What an engine of its own gives, after which nothing is being written. */
  async function runOnce(spec: BatchedFunctionSpec, given: Partial<EngineOptions>) {
    const engine = await createEngine({ engine: 'compiled:cpu', ...options, ...given });
    const outputs = await runOn(engine, spec, inputs);
    const statistics = engine.statistics();
    await engine.dispose();
    return { outputs, statistics };
  }

  it('spares later engines measuring and compiling', () =>
    inFolder(async (cacheDirectory, files) => {
      const first = await runOnce(attackStep, { cacheDirectory });
      expect(first.statistics.compilations).toBeGreaterThan(1);
      expect(await files()).toHaveLength(1);
      const second = await runOnce(attackStep, { cacheDirectory });
      expect(second.statistics).toMatchObject({ compilations: 0, diskHits: 1 });
      expect(second.outputs).toEqual(first.outputs);
      const other = await runOnce({ ...attackStep, fingerprint: '2' }, { cacheDirectory });
      expect(other.statistics.diskHits).toBe(0);
    }));

  it('compiles damaged files again', () =>
    inFolder(async (cacheDirectory, files) => {
      const { outputs } = await runOnce(attackStep, { cacheDirectory });
      const [file] = await files();
      const whole = await readFile(file!);
      const flipped = Buffer.from(whole);
      flipped[whole.length - 100]! ^= 1;
      for (const damaged of [whole.subarray(0, whole.length / 2), whole.subarray(0, 3), Buffer.alloc(0), flipped]) {
        await writeFile(file!, damaged);
        const again = await runOnce(attackStep, { cacheDirectory });
        expect(again.statistics).toMatchObject({ compilations: 1, diskHits: 0 });
        expect(again.outputs).toEqual(outputs);
        expect(await readFile(file!)).toEqual(whole);
      }
    }));

  it('holds no more bytes than allowed: what was used longest ago leaves', () =>
    inFolder(async (cacheDirectory, files) => {
      const step = (fingerprint: string) => ({ ...attackStep, fingerprint });
      await runOnce(step('1'), { cacheDirectory });
      const { size } = await stat((await files())[0]!);
      const limited = { cacheDirectory, cacheMaximumBytes: 2.5 * size, microBatch: 64 };
      for (const fingerprint of ['2', '3', '2', '4']) await runOnce(step(fingerprint), limited);
      expect((await files()).length).toBe(2);
      expect((await runOnce(step('2'), limited)).statistics.diskHits).toBe(1);
      expect((await runOnce(step('3'), limited)).statistics.diskHits).toBe(0);
      await runOnce(step('5'), { ...limited, cacheMaximumBytes: 0 });
      expect((await files()).length).toBe(2);
    }));

  it('may be used by several engines at once, and may be a folder that cannot be', () =>
    inFolder(async (cacheDirectory) => {
      const given = { cacheDirectory, microBatch: 8 };
      const [a, b] = await Promise.all([runOnce(attackStep, given), runOnce(attackStep, given)]);
      expect(a.outputs).toEqual(b.outputs);
      expect((await runOnce(attackStep, given)).statistics.diskHits).toBe(1);
      const file = join(cacheDirectory, 'file');
      await writeFile(file, '');
      expect((await runOnce(attackStep, { ...given, cacheDirectory: file })).outputs).toEqual(a.outputs);
    }));
});

describe('choosing an engine', () => {
  it('takes by itself one that passes the self-test, and says which', async () => {
    const messages: string[] = [];
    const engine = await engineOf({ engine: 'auto', log: (_level, message) => messages.push(message) });
    expect(engine.description.kind).toBe('compiled');
    expect(messages).toContain(`Engine: ${engine.description.label}`);
  });

  it('says what to do where an engine cannot run', async () => {
    await expect(createEngine({ engine: 'eager:tfjs-node' })).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: expect.stringMatching(/with-tensorflow\.sh npm start.*npm install/) as string,
    });
    await expect(createEngine({ engine: 'compiled:cuda' })).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
    await expect(createEngine({ engine: 'compiled:abacus' as 'auto' })).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: expect.stringMatching(/"compiled:abacus".*compiled:cpu/) as string,
    });
  });
});
