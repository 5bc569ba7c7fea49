/** Comparisons as a section of `docs/attacks.md`. @module */
import { findAttack, formatMagnitude } from '../../src/compute/index.js';
import { type ComparisonRecord, isWeaker, measured, type Reference } from './records.js';

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
  const parts = [ABOUT];
  for (const { model, versions, machine, logits, comparisons } of references) {
    const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
    const notes = Object.entries(comparisons).flatMap(([name, { note }]) => (note ? [`- ${name}: ${note}`] : []));
    parts.push(
      `### Originals on ${model}`,
      `${packages.join(', ')}; ${machine}. Logits differ by at most ${logits.toExponential(0)} of the largest.`,
      [cells(HEADER), cells(HEADER.map(() => '---')), ...Object.entries(comparisons).map(([name, record]) => row(name, record))].join('\n'),
      ...(notes.length > 0 ? [notes.join('\n')] : []),
    );
  }
  return parts.join('\n\n');
}

const ABOUT = `Written by \`npm run compare:originals\`: our attacks and the original implementations on the same weights in PyTorch, the same images (the first that the
model classifies correctly), ε and steps, and otherwise the defaults of each side. Numbers are means over seeds, one seed where neither side draws random numbers.
With an ε, \`ours\` and \`theirs\` are the robust accuracy, otherwise the median length of the change; lower is stronger. Success is decided on the
floats that the attacks make; \`8 bits\` has the same for stored images, ours / theirs, which ours looks for and theirs are rounded to. Queries and
gradients are forward and backward passes for one image, ours / theirs, and seconds those for all images, ours without compiling. **Bold**: ours is weaker by more than
one percentage point (one image, where there are fewer than 100), or 2 % of the length, and by more than twice the standard error that the seeds leave.`;

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
