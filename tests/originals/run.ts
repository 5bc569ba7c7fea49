/**
 * Compares our attacks with their original implementations, and writes `tests/reference` and a section of `docs/attacks.md`:
 * `npm run compare:originals [-- --only NAME,NAME] [--model NAME] [--images N] [--seeds N] [--threads N] [--cifar10 FOLDER] [--dry-run] [--table]`.
 * `--images` is a limit: most have fewer. Without CIFAR-10's binary version (or GAUNTLET_CIFAR10_DIR), its model is left out. `--dry-run` prints alone,
 * `--table` only makes the section of what `tests/reference` has.
 * Fails where ours is weaker by more than one percentage point, or 2 % of a median length, and more than the seeds explain, and the comparison has no note that says why.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeSection } from '../../bench/section.js';
import { processorName } from '../../bench/machine.js';
import { createEngine } from '../../src/compute/index.js';
import { COMPARISONS } from './comparisons.js';
import { compare } from './measure.js';
import { startOriginals } from './originals.js';
import { type ComparisonRecord, isWeaker, measured, readReferences, type Reference, writeReference } from './records.js';
import { isFor, openSubject, sourcesOf } from './subjects.js';
import { SECTION, sectionOf } from './table.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    model: { type: 'string' },
    images: { type: 'string', default: '100' },
    seeds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    cifar10: { type: 'string', default: process.env.GAUNTLET_CIFAR10_DIR },
    'dry-run': { type: 'boolean', default: false },
    table: { type: 'boolean', default: false },
  },
});

if (values.table) {
  await writeTable();
  process.exit();
}

const python = process.env.GAUNTLET_ORIGINALS_PYTHON;
if (!python) throw new Error('There is no Python with the originals: run it by `npm run compare:originals`.');
const [images, seeds, threads] = [Number(values.images), Number(values.seeds), Number(values.threads)];
const names = values.only?.split(',');
const chosen = COMPARISONS.filter(({ name }) => !names || names.includes(name));
const models = sourcesOf(values.cifar10).filter(([name]) => !values.model || name === values.model);
if (chosen.length === 0 || models.length === 0) throw new Error('There is no comparison, or no model, of this name.');

const failures: string[] = [];
const folder = await mkdtemp(join(tmpdir(), 'gauntlet-originals-'));
const engine = await createEngine({ engine: 'compiled:cpu', threads });
const originals = await startOriginals(python, folder, threads);
try {
  for (const [model, source] of models) {
    const subject = await openSubject(engine, model, source, images);
    const logits = await originals.load(engine, subject);
    console.log(`${model}: logits differ by at most ${logits.toExponential(1)} of the largest`);
    const known = {
      model,
      versions: { ...originals.versions, engine: engine.description.label },
      machine: `${processorName()}, ${threads} of them used`,
      logits,
    };
    for (const comparison of chosen.filter((one) => isFor(model, one))) {
      const { name, note, theirs, random } = comparison;
      const sizes = { count: Math.min(images, Math.ceil(subject.share * comparison.images)), seeds: random ? seeds : 1 };
      try {
        const result = await compare(engine, originals, subject, comparison, sizes);
        const record = { ...result, theirs: { package: originals.packages[theirs.original]!, ...theirs }, ...(note ? { note } : {}) };
        const line = summary(model, name, record);
        console.log(line);
        if (isWeaker(record) && !note) failures.push(`weaker: ${line}`);
        if (!values['dry-run']) await keep({ ...known, comparisons: { [name]: record } });
      } catch (error) {
        failures.push(`${model}, ${name}: ${String(error)}`);
        console.log(failures.at(-1));
      }
    }
  }
} finally {
  originals.close();
  await engine.dispose();
  await rm(folder, { recursive: true, force: true });
}
if (failures.length > 0) console.log(`\nFailed:\n\n${failures.map((one) => `- ${one}`).join('\n')}`);
process.exitCode = failures.length > 0 ? 1 : 0;

/** After each comparison: a run that is cut short leaves what it has. */
async function keep(reference: Reference): Promise<void> {
  const order = COMPARISONS.map(({ name }) => name);
  await writeReference(reference, order);
  await writeTable();
}

async function writeTable(): Promise<void> {
  await writeSection('docs/attacks.md', SECTION, sectionOf(await readReferences()));
}

function summary(model: string, name: string, record: ComparisonRecord): string {
  const { ours, theirs } = measured(record, record.float);
  const stored = measured(record, record.stored);
  const { queries, gradients, seconds } = record;
  return [
    `${model}, ${name}: ours ${ours}, theirs ${theirs}`,
    `8 bits ${stored.ours}, ${stored.theirs}`,
    `queries ${queries.ours}, ${queries.theirs}`,
    `gradients ${gradients.ours}, ${gradients.theirs}`,
    `seconds ${seconds.ours}, ${seconds.theirs}`,
  ].join('; ');
}
