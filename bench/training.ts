/**
 * Throughput of adversarial training: `npm run bench:training -- [--models m1,m2] [--batch 32] [--seconds 5] [--threads N] [--engine NAME]`.
 *
 * A plain step costs as much as 3 forward passes of m images: one forward, two backward. Step l.l. on k = m/2 of them adds a forward pass, which also says the
 * least likely class, and a pass back to the pixels: at best (3 m + 2 k) / 3 m = 1.33 times as much.
 * @module
 */
import { parseArgs } from 'node:util';
import { createEngine, type EngineName } from '../src/compute/engine/index.js';
import type { Engine } from '../src/compute/engine/types.js';
import { buildArchitecture } from '../src/compute/models/architectures/registry.js';
import { sgd } from '../src/compute/training/optimizers/sgd.js';
import { batchShape, rateInputs, trainingProgram } from '../src/compute/training/program.js';
import { algorithm1, stepLlUpTo } from '../src/compute/training/schemes/algorithm1.js';
import { standard } from '../src/compute/training/schemes/standard.js';
import type { TrainingScheme } from '../src/compute/training/types.js';
import { batchOf, SUBJECTS } from './subjects.js';
import { time } from './timing.js';

/** Small enough that random weights stay finite. */
const LEARNING_RATE = 1e-4;
const IDEAL_OVERHEAD = 4 / 3;

interface Sizes {
  readonly batch: number;
  readonly seconds: number;
}

async function measure(name: string, engine: Engine, { batch, seconds }: Sizes) {
  const { architecture, title, epsilon } = SUBJECTS[name]!;
  const model = await buildArchitecture(architecture, { seed: 1 });
  const optimizer = sgd();
  const adversarial = algorithm1({ ...stepLlUpTo(epsilon), adversarialCount: batch / 2, adversarialWeight: 0.3, delaySteps: 0 });
  const secondsOf = async (scheme: TrainingScheme) => {
    const program = await engine.program(trainingProgram(model, scheme, optimizer, batch));
    const fixed = { ...batchOf(model, batch), ...rateInputs(optimizer.rates(LEARNING_RATE, 0)) };
    const inputs = { ...fixed, ...scheme.draw?.(batchShape(model, batch), 1, 0) };
    const [step] = await time([() => program.step(inputs)], seconds);
    await program.dispose();
    return step!;
  };
  const [plain, algorithm] = [await secondsOf(standard), await secondsOf(adversarial)];
  return {
    model: `${name} ${title}`,
    batch,
    'plain/s': (batch / plain).toFixed(0),
    'Algorithm 1/s': (batch / algorithm).toFixed(0),
    overhead: (algorithm / plain).toFixed(2),
    ideal: IDEAL_OVERHEAD.toFixed(2),
  };
}

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: 'm1,m2' },
    batch: { type: 'string', default: '32' },
    seconds: { type: 'string', default: '5' },
    threads: { type: 'string' },
    engine: { type: 'string', default: 'compiled:cpu' },
  },
});
const threads = values.threads === undefined ? undefined : Number(values.threads);
const rows = [];
for (const name of values.models.split(',')) {
  if (!(name in SUBJECTS)) throw new Error(`No model ${name}: choose among ${Object.keys(SUBJECTS).join(', ')}.`);
  const engine = await createEngine({ engine: values.engine as EngineName, threads });
  rows.push(await measure(name, engine, { batch: Number(values.batch), seconds: Number(values.seconds) }));
  await engine.dispose();
}
console.table(rows);
