/** A process of bench/scale.ts: an attack on images as one call of the library, once another has compiled it and the message that follows has come. @module */
import { once } from 'node:events';
import { ComputeService, createCompute } from '../src/compute/index.js';
import { loadConfig } from '../src/config.js';

interface OneCall {
  readonly folder: string;
  readonly format: string;
  readonly split: 'train' | 'test';
  readonly cifar10?: string;
  readonly kind: string;
  readonly parameters: Readonly<Record<string, number>>;
  /** The first image. */
  readonly start: number;
  readonly count: number;
  /** Whether a process of its own computes, as for a server, and not this one. */
  readonly between?: boolean;
}

process.once('message', ({ folder, format, split, cifar10, kind, parameters, start, count, between }: OneCall) => {
  void (async () => {
    const { cacheDirectory } = loadConfig({});
    const engine = { engine: 'auto', threads: 1, cacheDirectory } as const;
    const compute = between ? await createCompute({ engine }) : new ComputeService({ engine, memory: Infinity });
    const shared = {
      model: { format: 'LAYERS_MODEL' as const, directory: folder },
      dataset: { format, split, directory: cifar10 },
      attack: { kind, parameters },
      seed: 0,
      start: 0,
      offset: start,
      keepImages: false,
    };
    await compute.evaluateShard({ ...shared, count: 64 });
    process.send!('compiled');
    await once(process, 'message');
    const began = performance.now();
    await compute.evaluateShard({ ...shared, count });
    process.send!((performance.now() - began) / 1000);
    await compute.close();
    process.disconnect();
  })();
});
