/**
 * What training waits for its data: `npm run bench:pipeline -- [--cifar10 FOLDER] [--batch 64] [--steps 200] [--threads N] [--engine NAME]`.
 * Plain steps, the shortest there are, on images that are shifted and mirrored. Without a thread of its own, all of *making* would be waited for.
 * @module
 */
import { parseArgs } from 'node:util';
import {
  buildArchitecture,
  createEngine,
  type DatasetSource,
  type EngineName,
  openDataset,
  sgd,
  standard,
  TrainingSession,
} from '../src/compute/index.js';
import { SUBJECTS } from './subjects.js';

const { values } = parseArgs({
  options: {
    cifar10: { type: 'string' },
    batch: { type: 'string', default: '64' },
    steps: { type: 'string', default: '200' },
    threads: { type: 'string' },
    engine: { type: 'string', default: 'compiled:cpu' },
  },
});
/** Steps before the clock starts. */
const WARM_UP = 20;

async function measure(name: string, source: DatasetSource) {
  const { architecture, title } = SUBJECTS[name]!;
  const [batchSize, steps] = [Number(values.batch), Number(values.steps)];
  const threads = values.threads === undefined ? undefined : Number(values.threads);
  const engine = await createEngine({ engine: values.engine as EngineName, threads });
  const dataset = await openDataset(source);
  const model = await buildArchitecture(architecture, { seed: 1 });
  const session = await TrainingSession.start({
    engine,
    model,
    dataset,
    scheme: standard,
    optimizer: sgd(),
    learningRate: () => 1e-4,
    batchSize,
    seed: 1,
    totalSteps: WARM_UP + steps,
    augmentation: { shift: 4, mirror: true },
  });
  try {
    await session.advance(WARM_UP);
    const { seconds, dataSeconds, waitSeconds } = await session.advance(WARM_UP + steps);
    const percent = (part: number) => `${((100 * part) / seconds).toFixed(1)} %`;
    return {
      model: `${name} ${title}`,
      batch: batchSize,
      'images/s': ((batchSize * steps) / seconds).toFixed(0),
      'making, of the time': percent(dataSeconds),
      'waited for': percent(waitSeconds),
    };
  } finally {
    await session.dispose();
    await dataset.close();
    await engine.dispose();
  }
}

const rows = [await measure('m1', { format: 'mnist', split: 'train' })];
if (values.cifar10) rows.push(await measure('m2', { format: 'cifar10', split: 'train', directory: values.cifar10 }));
console.table(rows);
