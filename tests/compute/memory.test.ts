import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { ComputeError } from '../../src/compute/errors.js';
import { createEngine, type Engine, trace } from '../../src/compute/engine/index.js';
import { workingBytes } from '../../src/compute/engine/compiled/working-memory.js';
import { bytesInWords, MemoryBudget } from '../../src/compute/memory/index.js';
import { shardSizeFor } from '../../src/jobs/shard-size.js';
import * as tf from '@tensorflow/tfjs-core';
import type { BatchedFunctionSpec, ProgramSpec } from '../../src/compute/engine/types.js';
import type { HostTensor } from '../../src/compute/tensors/index.js';

const MB = 1e6;

const arrayBytes = () => globalThis.process.memoryUsage().arrayBuffers;

/** A process of 100 MB that things of a given size are made in. */
function process({ limit, idleMs }: { limit: number; idleMs?: number }) {
  let occupied = 100 * MB;
  const memory = new MemoryBudget({ limit, idleMs, measure: () => occupied });
  const released: string[] = [];
  const make = (name: string, bytes: number) =>
    memory.reserve(bytes, `Making ${name}`, () => {
      occupied += bytes;
      const holding = memory.hold('functions', bytes, () => {
        occupied -= bytes;
        released.push(name);
      });
      return Promise.resolve(holding);
    });
  return { memory, make, released, occupied: () => occupied, grow: (bytes: number) => (occupied += bytes) };
}

describe('a budget for memory', () => {
  it('has what was not used for longest released, and no more than is needed', async () => {
    const { memory, make, released, occupied } = process({ limit: 1000 * MB });
    const first = await make('first', 300 * MB);
    await make('second', 300 * MB);
    await first.use(() => undefined);
    await make('third', 400 * MB);
    expect(released).toEqual(['second']);
    expect(occupied()).toBe(800 * MB);
    expect(memory.statistics()).toMatchObject({ budget: 1000 * MB, resident: 800 * MB, held: { functions: 700 * MB }, released: 1 });
  });

  it('keeps what is in use, however old it is', async () => {
    const { make, released } = process({ limit: 1000 * MB });
    const first = await make('first', 500 * MB);
    await first.use(async () => {
      await make('second', 300 * MB);
      await make('third', 350 * MB);
    });
    expect(released).toEqual(['second']);
  });

  it('keeps the room of what is being made free', async () => {
    const { memory, make, released } = process({ limit: 1000 * MB });
    await make('old', 400 * MB);
    await memory.reserve(300 * MB, 'Something', () => make('new', 300 * MB));
    expect(released).toEqual(['old']);
  });

  it('has idle things released where what was made took more than it was expected to', async () => {
    const { memory, make, released, grow } = process({ limit: 1000 * MB });
    await make('idle', 300 * MB);
    const large = await make('large', 500 * MB);
    await large.use(async () => {
      grow(200 * MB);
      await memory.settle();
    });
    expect(released).toEqual(['idle']);
  });

  it('keeps a twentieth free where something is idle, for what takes more than it was expected to', async () => {
    const { make, released } = process({ limit: 1000 * MB });
    await make('idle', 400 * MB);
    const first = await make('first', 450 * MB);
    expect(released).toEqual([]);
    await first.use(() => make('second', 20 * MB));
    expect(released).toEqual(['idle']);
  });

  it('refuses what would not fit alone, says what it needs, and has nothing released', async () => {
    const { make, released } = process({ limit: 1000 * MB });
    await make('first', 500 * MB);
    const refused = make('a giant', 901 * MB);
    await expect(refused).rejects.toBeInstanceOf(ComputeError);
    await expect(refused).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringMatching(/^Making a giant needs 901 MB .* GAUNTLET_COMPUTE_MEMORY raised to 1\.1 GB\.$/) as string,
    });
    expect(released).toEqual([]);
  });

  it('has released what was not used for a while', async () => {
    const { make, released } = process({ limit: 1000 * MB, idleMs: 20 });
    const used = await make('used', 10 * MB);
    await make('idle', 10 * MB);
    await used.use(async () => {
      while (released.length === 0) await wait(5);
    });
    expect(released).toEqual(['idle']);
  });

  it('is told in words with what is rounded up', () => {
    expect([1, 900 * MB, 1234 * MB].map(bytesInWords)).toEqual(['1 MB', '900 MB', '1.3 GB']);
  });
});

describe('shards', () => {
  it('are of fewer examples where images are large and memory is small', () => {
    const limits = { shardSize: 256, computeMemory: 2000 * MB };
    expect(shardSizeFor(limits, [28, 28, 1])).toBe(256);
    // The multiple of 16 whose images take 5 MiB.
    expect(shardSizeFor(limits, [224, 224, 3])).toBe(32);
    // 16 copies of 4 bytes a value in a quarter of the memory.
    expect(shardSizeFor({ ...limits, computeMemory: 500 * MB }, [224, 224, 3])).toBe(12);
    expect(shardSizeFor({ ...limits, computeMemory: 1 }, [224, 224, 3])).toBe(1);
  });
});

const SIDE = 16;
const IMAGE_BYTES = SIDE * SIDE * 16 * 4;
const image = { dtype: 'float32', shape: [SIDE, SIDE, 16] } as const;

/** Two convolutions, of which three values of an image are there at once. */
const convolutions = (name: string): BatchedFunctionSpec => ({
  name,
  fingerprint: '1',
  inputs: { x: image },
  fn: ({ x }) => {
    const layer = (value: tf.Tensor) => tf.relu(tf.conv2d(value as tf.Tensor4D, tf.fill([3, 3, 16, 16], 0.01), 1, 'same'));
    return { y: layer(layer(x!)) };
  },
});

const images = (n: number): HostTensor => {
  const data = Float32Array.from({ length: n * SIDE * SIDE * 16 }, (_, i) => Math.sin(i));
  return { dtype: 'float32', shape: [n, SIDE, SIDE, 16], data };
};

describe('compiled functions', () => {
  const engines: Engine[] = [];
  afterAll(() => Promise.all(engines.map((engine) => engine.dispose())));

  /** @param room bytes beside what the process is said to occupy. */
  async function engineWith(room: number, options: { microBatch?: number; threads?: number } = {}) {
    let occupied = 100 * MB;
    const memory = new MemoryBudget({ limit: 100 * MB + room, measure: () => occupied });
    const engine = await createEngine({ engine: 'compiled:cpu', threads: 1, memory, ...options });
    engines.push(engine);
    return { engine, memory, occupy: (bytes: number) => (occupied = bytes) };
  }

  it('say what they need: the most of their values that are there at once', () => {
    const graph = trace({ x: { dtype: 'float32', shape: [10] } }, ({ x }) => ({ y: tf.add(tf.square(tf.square(x!)), x!) }));
    // The input, the square, and the square of that; or the input, that and the sum.
    expect(workingBytes(graph)).toBe(3 * 10 * 4);
  });

  it('are compiled without memory for their values: the gradient of a sum repeats one number', () => {
    // Of 1.6 GB.
    const large = { dtype: 'float32', shape: [128, 224, 224, 64] } as const;
    const before = arrayBytes();
    const gradient = (x: tf.Tensor) => tf.grad((of: tf.Tensor) => tf.add(tf.sum(of), tf.mean(of)))(x);
    expect(trace({ x: large }, ({ x }) => ({ dx: gradient(x!) })).outputs.get('dx')!.shape).toEqual(large.shape);
    // Other tests of this process allocate meanwhile.
    expect(arrayBytes() - before).toBeLessThan(800 * MB);
  });

  it('compute the same after they were released for want of room', async () => {
    const { engine, memory, occupy } = await engineWith(1000 * MB, { microBatch: 2 });
    const [one, other] = [await engine.batched(convolutions('one')), await engine.batched(convolutions('other'))];
    const before = await one.run({ x: images(4) });
    occupy(2000 * MB);
    await other.run({ x: images(4) });
    expect(memory.statistics().released).toBe(1);
    expect(await one.run({ x: images(4) })).toEqual(before);
    // It was released while the other was used for the first time.
    expect(engine.statistics().compilations).toBeGreaterThan(2);
  });

  it('are released at one size of micro-batch while they are loaded at another, which waits for the room', async () => {
    const { engine, memory, occupy } = await engineWith(1000 * MB);
    const compiled = await engine.batched(convolutions('of two sizes'));
    const before = await compiled.run({ x: images(2) });
    const { released } = memory.statistics();
    occupy(2000 * MB);
    await compiled.run({ x: images(8) });
    expect(memory.statistics().released).toBeGreaterThan(released);
    expect(await compiled.run({ x: images(2) })).toEqual(before);
  });

  it('are loaded again by new threads after all were released', async () => {
    const { engine, memory } = await engineWith(1000 * MB, { microBatch: 2 });
    const compiled = await engine.batched(convolutions('resting'));
    const before = await compiled.run({ x: images(4) });
    await memory.releaseAll();
    expect(memory.statistics().held.functions).toBe(0);
    expect(await compiled.run({ x: images(4) })).toEqual(before);
  });

  it('leave nothing in memory after their run where they run once', async () => {
    const { engine, memory } = await engineWith(1000 * MB, { microBatch: 2 });
    const once = await engine.batched({ ...convolutions('once'), runsOnce: true });
    expect(memory.statistics().kept.functions).toBe(1);
    const found = await once.run({ x: images(4) });
    expect(memory.statistics().kept.functions).toBe(0);
    // Run again all the same, it is compiled again.
    expect(await once.run({ x: images(4) })).toEqual(found);
    expect(found).toEqual(await (await engine.batched(convolutions('often'))).run({ x: images(4) }));
  });

  it('take smaller micro-batches where larger ones need more than half of the memory', async () => {
    const spec = { ...convolutions('shrinking'), fewExamples: 16 };
    const [plenty, little] = [await engineWith(1000 * MB), await engineWith(12 * 3 * IMAGE_BYTES)];
    const whole = await (await plenty.engine.batched(spec)).run({ x: images(16) });
    const parts = await (await little.engine.batched(spec)).run({ x: images(16) });
    expect(plenty.engine.statistics().compilations).toBe(1);
    // Of 16, and of the 4 that fit.
    expect(little.engine.statistics().compilations).toBe(2);
    expect(parts).toEqual(whole);
  });

  it('run in fewer threads where their smallest micro-batch does not fit in all', async () => {
    const spec = { ...convolutions('in one thread'), fewExamples: 16 };
    const [plenty, little] = [await engineWith(1000 * MB, { threads: 2 }), await engineWith(4 * 3 * IMAGE_BYTES, { threads: 2 })];
    const inBoth = await plenty.engine.batched(spec);
    const inOne = await little.engine.batched(spec);
    expect(await inOne.run({ x: images(8) })).toEqual(await inBoth.run({ x: images(8) }));
  });

  it('are refused before they run where their smallest micro-batch does not fit', async () => {
    const { engine } = await engineWith(IMAGE_BYTES);
    const refused = engine.batched({ ...convolutions('too large'), fewExamples: 16 });
    await expect(refused).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await expect(refused).rejects.toThrow(/^Running too large on 2 images at once needs 1 MB of memory/);
    expect(engine.statistics().runs).toBe(0);
  });

  it('that train are refused before their first step where they do not fit', async () => {
    const { engine } = await engineWith(100e3);
    const state = { w: images(1) };
    const spec: ProgramSpec = {
      name: 'test.step',
      fingerprint: '1',
      state,
      inputs: {},
      fn: ({ w }) => ({ state: { w: tf.mul(w!, 2) }, outputs: {} }),
    };
    await expect(engine.program({ ...spec, state: { w: images(8) } })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await expect(engine.program({ ...spec, state: { w: images(8) } })).rejects.toThrow(/^A step of test.step needs \d+ MB of memory/);
    const program = await engine.program(spec);
    await program.step({});
    expect((await program.readState()).w!.data[1]).toBeCloseTo(2 * Math.sin(1), 5);
    await program.dispose();
  });
});

describe('functions of eager engines', () => {
  const on = (room: number, microBatch?: number) => {
    const memory = new MemoryBudget({ limit: 100 * MB + room, measure: () => 100 * MB });
    return createEngine({ engine: 'eager:cpu', memory, microBatch });
  };
  const shapes: number[] = [];
  const spec: BatchedFunctionSpec = {
    name: 'squares',
    fingerprint: '1',
    inputs: { x: { dtype: 'float32', shape: [1000] } },
    fn({ x }) {
      shapes.push(x!.shape[0]!);
      return { y: tf.square(tf.square(x!)) };
    },
  };
  const x: HostTensor = { dtype: 'float32', shape: [20, 1000], data: new Float32Array(20_000).fill(2) };

  it('take fewer examples at once where more would take more than half of the memory, and are refused where not one fits', async () => {
    // Two values of 1000 numbers of 4 bytes an example.
    const little = await (await on(10 * 8000)).batched(spec);
    shapes.length = 0;
    const { y } = await little.run({ x });
    expect(shapes).toEqual([5, 5, 5, 5]);
    expect(y).toEqual((await (await (await on(100 * MB)).batched(spec)).run({ x })).y);
    await expect((await on(7000)).batched(spec)).rejects.toThrow(/^Running squares on 1 image at once needs 1 MB of memory/);
  });
});
