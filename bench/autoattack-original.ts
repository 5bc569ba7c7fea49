/**
 * AutoAttack, standard version, beside its authors' code on PyTorch, on the same images, in turns:
 * `npm run bench:autoattack-original -- [--images 1000] [--model mnist-baseline] [--cifar10 FOLDER] [--epsilon 0.1] [--norm LINF] [--threads 2] [--turns 1]`.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createEngine, type Norm } from '../src/compute/index.js';
import { lengthsOf, robustAccuracy, runOurs, runTheirs } from '../tests/originals/measure.js';
import { startOriginals } from '../tests/originals/originals.js';
import { openSubject, sourcesOf } from '../tests/originals/subjects.js';
import { processorName } from './machine.js';

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '1000' },
    model: { type: 'string', default: 'mnist-baseline' },
    cifar10: { type: 'string', default: process.env.GAUNTLET_CIFAR10_DIR },
    epsilon: { type: 'string', default: '0.1' },
    norm: { type: 'string', default: 'LINF' },
    threads: { type: 'string', default: '2' },
    turns: { type: 'string', default: '1' },
  },
});
const python = process.env.GAUNTLET_ORIGINALS_PYTHON;
if (!python) throw new Error('There is no Python with the original: run it by `npm run bench:autoattack-original`.');
const [count, epsilon, threads] = [Number(values.images), Number(values.epsilon), Number(values.threads)];
const source = sourcesOf(values.cifar10).find(([name]) => name === values.model);
if (!source) throw new Error(`There is no model ${values.model}, or no --cifar10 for it.`);
const ORIGINAL_NORMS: Readonly<Record<string, string>> = { LINF: 'Linf', L2: 'L2', L1: 'L1' };
const norm = values.norm as Norm;
if (!ORIGINAL_NORMS[norm]) throw new Error('--norm is one of LINF, L2 and L1.');

const folder = await mkdtemp(join(tmpdir(), 'gauntlet-autoattack-'));
const engine = await createEngine({ engine: 'compiled:cpu', threads });
const originals = await startOriginals(python, folder, threads);
try {
  const opened = await openSubject(engine, ...source, count);
  const subject = { ...opened, epsilon: { ...opened.epsilon, [norm]: epsilon } };
  await originals.load(engine, subject);
  const comparison = {
    norm,
    budget: true,
    ours: { kind: `AUTO_ATTACK_${norm}`, parameters: {} },
    theirs: { original: 'auto-attack-standard', options: { norm: ORIGINAL_NORMS[norm]! } },
  };
  console.log(
    `${engine.description.label}, PyTorch ${originals.versions.torch ?? ''}, ${processorName()}, ${threads} threads; ε = ${epsilon} in ${norm}`,
  );
  const rows = [];
  for (let turn = 1; turn <= Number(values.turns); turn++) {
    const ours = await runOurs(engine, subject, comparison, { seed: turn, count, judging: 'FLOAT' });
    const theirs = await runTheirs(engine, originals, subject, comparison, { seed: turn, count });
    rows.push({
      model: subject.name,
      images: count,
      'ours, s': ours.seconds.toFixed(1),
      'theirs, s': theirs.seconds.toFixed(1),
      'theirs ÷ ours': (theirs.seconds / ours.seconds).toFixed(2),
      'robust, ours': `${robustAccuracy(lengthsOf(ours, norm, subject)).toFixed(1)} %`,
      'robust, theirs': `${robustAccuracy(theirs.float).toFixed(1)} %`,
    });
  }
  console.table(rows);
} finally {
  originals.close();
  await engine.dispose();
  await rm(folder, { recursive: true, force: true });
}
