/** Comparisons as a section of `docs/attacks.md`. @module */
import { findAttack, formatMagnitude } from '../../src/compute/index.js';
import { COMPARISONS } from './comparisons.js';
import { type ComparisonRecord, isWeaker, measured, missesTarget, type Reference } from './records.js';
import { isFor } from './subjects.js';

/** Heading of the section. */
export const SECTION = 'Beside the original implementations';

const NORMS = { LINF: 'L∞', L2: 'L2', L1: 'L1', L0: 'L0' };
const HEADER = [
  'attack',
  'original',
  'norm',
  'ε',
  'images',
  'ours',
  'theirs',
  'ours ÷ theirs',
  '8 bits',
  'queries',
  'gradients',
  'seconds',
];

/** @returns the section's text, without its heading. */
export function sectionOf(references: readonly Reference[]): string {
  const parts = [ABOUT, shares(references)];
  for (const { model, versions, machine, logits, comparisons } of references) {
    const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
    const notes = Object.entries(comparisons).flatMap(([name, { note }]) => (note ? [`- ${name}: ${note}`] : []));
    parts.push(
      `### Originals on ${model}`,
      `${packages.join(', ')}; ${machine}. Logits differ by at most ${logits.toExponential(0)} of the largest.`,
      [cells(HEADER), cells(HEADER.map(() => '---')), ...Object.entries(comparisons).map(([name, record]) => row(name, record))].join('\n'),
      ...(notes.length > 0 ? [notes.join('\n')] : []),
      ...notMeasured(model, comparisons),
    );
  }
  return parts.join('\n\n');
}

const ABOUT = `Written by \`npm run compare:originals\`: our attacks and the original implementations on the same weights in PyTorch, the same images (the first that the
model classifies correctly), ε and steps, and otherwise the defaults of each side. Numbers are means over seeds, whose number follows that of the images where there is more than one.
With an ε, \`ours\` and \`theirs\` are the robust accuracy, otherwise the median length of the change; lower is stronger. Success is decided on the
floats that the attacks make; \`8 bits\` has the same for stored images, ours / theirs, which ours looks for and theirs are rounded to. Queries and
gradients are forward and backward passes for one image, ours / theirs, and seconds those for all images, ours without compiling. Both sides shared the machine with
other work when they were timed, so the seconds and their ratio say little about speed. **Bold**: ours is weaker by more than one percentage point (one image, where
there are fewer than 100), or 2 % of the length, and by more than twice the standard error that the seeds leave.
Universal perturbations and patches are learned from the images that they are tried on; queries for that are in their counts, not in ours. L-BFGS-B is SciPy's, in a
search for its weight like the one that CleverHans had. No package that installs has an original of NES (TensorFlow 1), the substitute model (left CleverHans with
version 4), RayS, SurFree, QEBA, Bandits, Sparse-RS, SIA, PGN and stAdv;
AdverTorch does not load with PyTorch since 1.9, and ART's ACG steps along the direction itself in L∞, not its signs.

Two were compared once with their authors' code, which no package installs, its network replaced by the shipped weights in PyTorch. A³ (liuye6666/adaptive_auto_attack) on
the first 200 test images and mnist-adversarial with ε = 51/255: 38 of 200 are left after eleven of its rounds, with 22,218 gradients in total; ours leaves 38 with each
of three seeds, with 13,817 to 38,909 gradients, and those of learning its schedule on 100 other images. Perceptual PGD (cassidylaidlaw/perceptual-advex), self-bounded, on
the first 20 and mnist-baseline, 10 steps: within 0.3, 0.4, 0.5, 0.6 and 0.8 both fool 2, 8, 11, 15 and 20 images with each of three seeds.`;

/** How many comparisons are within the target. */
function shares(references: readonly Reference[]): string {
  const records = references.flatMap(({ comparisons }) => Object.values(comparisons));
  const within = (misses: (record: ComparisonRecord) => boolean) => {
    const count = records.filter((record) => !misses(record)).length;
    return `${count} of ${records.length} (${((100 * count) / records.length).toFixed(1)} %)`;
  };
  return `Ours is at most one percentage point, or 2 % of the length, weaker in ${within(missesTarget)} comparisons as the numbers stand, and in ${within(isWeaker)} with
one image and the noise of the seeds allowed for.`;
}

/** Comparisons that have no numbers on a model, as a paragraph. */
function notMeasured(model: string, comparisons: Reference['comparisons']): string[] {
  const missing = COMPARISONS.filter((comparison) => isFor(model, comparison) && !comparisons[comparison.name]).map(({ name }) => name);
  return missing.length > 0 ? [`Not measured on this model: ${missing.join(', ')}.`] : [];
}

function row(name: string, record: ComparisonRecord): string {
  const { ours, theirs } = measured(record, record.float);
  const ratio = ratioOf(ours, theirs);
  return cells([
    `${findAttack(record.ours.kind).title} (${name})`,
    `${record.theirs.package}: ${record.theirs.original}`,
    NORMS[record.norm],
    record.epsilon === null ? '–' : formatMagnitude(record.epsilon),
    `${record.images}${record.seeds > 1 ? ` × ${record.seeds}` : ''}`,
    value(record, ours),
    value(record, theirs),
    isWeaker(record) ? `**${ratio}**` : ratio,
    pair(measured(record, record.stored), (number) => value(record, number)),
    pair(record.queries, short),
    pair(record.gradients, short),
    pair(record.seconds, short),
  ]);
}

const cells = (texts: readonly string[]) => `| ${texts.join(' | ')} |`;
const short = (number: number) => String(Number(number.toPrecision(3)));
const pair = <T>({ ours, theirs }: { ours: T; theirs: T }, text: (value: T) => string) => `${text(ours)} / ${text(theirs)}`;

function value({ measure }: ComparisonRecord, number: number | null): string {
  if (number === null) return '∞';
  return measure === 'ACCURACY' ? `${number.toFixed(1)} %` : short(number);
}

function ratioOf(ours: number | null, theirs: number | null): string {
  if (ours === theirs) return '1';
  if (ours === null || theirs === null || theirs === 0) return '–';
  return (ours / theirs).toFixed(3);
}
