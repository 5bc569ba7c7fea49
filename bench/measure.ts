/** Measures one network on one engine. @module */
import {
  type BatchedFunction,
  buildArchitecture,
  type DifferentiableModel,
  type Engine,
  type LayersDifferentiableModel,
  sgd,
  standard,
  type TrainingScheme,
} from '../src/compute/index.js';
import { attackStepOf, forwardOf } from './functions.js';
import { productsInOneSession, productsInSessions } from './peak.js';
import { type Batch, batchOf, SUBJECTS } from './subjects.js';
import { time, watchMemory } from './timing.js';
import { paperScheme, stepTime } from './training-step.js';

const STEPS = 10;

export interface Row {
  readonly model: string;
  readonly title: string;
  readonly batch: number;
  /** Images a second. */
  readonly forward: number;
  readonly fgsm: number;
  /** 10 steps. */
  readonly iterative: number;
  /** One step of SGD with momentum, batch norm in training mode. */
  readonly training?: number;
  /** A step of Algorithm 1 on the same network: step l.l. on half of the images. */
  readonly algorithm1?: number;
  /** Cost of a step of the iterative attack in forward passes; 2 is ideal. */
  readonly stepOverForward: number;
  /** Operations a second of large matrix products, measured at the same time. */
  readonly peakFlops: number;
  /** Shares of that speed. A forward pass is 2 operations a multiplication, an attack step 2 such passes, training 3. */
  readonly attackShareOfPeak: number;
  readonly trainingShareOfPeak?: number;
  /** Of everything that was measured, the matrix products too. */
  readonly compileSeconds: number;
  /** Most resident memory of the whole process while this row was measured. */
  readonly peakMemoryBytes: number;
}

export interface MeasureOptions {
  readonly batch: number;
  readonly seconds: number;
  readonly training: boolean;
  /** Rows and columns of the matrices whose products are measured beside. */
  readonly productSize: number;
}

export async function measure(name: string, engine: Engine, options: MeasureOptions): Promise<Row> {
  const { architecture, title, macs, epsilon, batch = options.batch } = SUBJECTS[name]!;
  const before = engine.statistics().compileSeconds;
  const { result, peakBytes } = await watchMemory(async () => {
    const model = await buildArchitecture(architecture, { seed: 1 });
    const data = batchOf(model, batch);
    const attack = await timeAttack(engine, model, data, epsilon, options);
    return { attack, training: options.training ? await timeTraining(engine, model, epsilon, { ...options, batch }) : undefined };
  });
  const { attack, training } = result;
  const peakFlops = Math.max(attack.peakFlops, training?.peakFlops ?? 0);
  const share = (passes: number, seconds: number) => (batch * passes * 2 * macs) / seconds / peakFlops;
  return {
    model: name,
    title,
    batch,
    forward: batch / attack.forward,
    fgsm: batch / attack.fgsm,
    iterative: batch / attack.iterative,
    stepOverForward: attack.iterative / STEPS / attack.forward,
    peakFlops,
    attackShareOfPeak: share(2, attack.fgsm),
    ...(training && {
      training: batch / training.plain,
      algorithm1: batch / training.algorithm1,
      trainingShareOfPeak: share(3, training.plain),
    }),
    compileSeconds: engine.statistics().compileSeconds - before,
    peakMemoryBytes: peakBytes,
  };
}

async function timeAttack(
  engine: Engine,
  model: DifferentiableModel,
  { images, labels }: Batch,
  epsilon: number,
  { seconds, productSize }: MeasureOptions,
) {
  const forward = await engine.batched(forwardOf(model));
  const fgsm = await engine.batched(attackStepOf(model, epsilon, epsilon));
  const iterative = await engine.batched(attackStepOf(model, epsilon, epsilon / 4));
  const products = await productsInSessions(engine, productSize);
  const inputs = { original: images, adversarial: images, label: labels };
  const run = (compiled: BatchedFunction, repeat: number) => () =>
    compiled.run(inputs, { repeat, feedback: { adversarial: 'adversarial' } });
  const times = await time([() => forward.run({ x: images }), run(fgsm, 1), run(iterative, STEPS), products.run], seconds);
  return { forward: times[0]!, fgsm: times[1]!, iterative: times[2]!, peakFlops: products.flops / times[3]! };
}

/** One after the other: threads of a session that wait for work would slow down what takes turns with it. */
async function timeTraining(
  engine: Engine,
  model: LayersDifferentiableModel,
  epsilon: number,
  { batch, seconds, productSize }: MeasureOptions,
) {
  const products = await productsInOneSession(engine, productSize);
  const [product] = await time([products.run], seconds / 2);
  await products.dispose();
  const stepOf = async (scheme: TrainingScheme) => (await stepTime(engine, { model, scheme, optimizer: sgd() }, { batch, seconds })).step;
  return { plain: await stepOf(standard), algorithm1: await stepOf(paperScheme(epsilon, batch)), peakFlops: products.flops / product! };
}
