/** Attacks against what `npm run compare:originals` recorded of them and of their original implementations. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { format, resolveConfig } from 'prettier';
import { readSection } from '../../bench/section.js';
import { lengthsOf, medianLength, robustAccuracy, runOurs } from '../originals/measure.js';
import { type ComparisonRecord, isWeaker, missesTarget, readReferences } from '../originals/records.js';
import { openSubject, type Subject, sourcesOf } from '../originals/subjects.js';
import { SECTION, sectionOf } from '../originals/table.js';
import { testEngine } from '../test-engine.js';

/** Quick ones, a few of each family; each takes less than a second. */
const AGAIN = [
  ...['fgsm', 'step-ll', 'fast-gradient-l2', 'iter-basic', 'iter-ll', 'pgd', 'pgd-l2', 'mi-fgsm'],
  ...['deep-fool-l2', 'deep-fool-linf', 'ddn', 'fmn-linf', 'super-deep-fool', 'newton-fool'],
];
const IMAGES = 16;

/** Another processor rounds otherwise, which may decide an image in a strong attack, and moves lengths a little. */
const TOLERATED = { images: 1, share: 1.02 };
const ONE_IMAGE = (100 * TOLERATED.images) / IMAGES;

const references = await readReferences();

describe('attacks beside their original implementations', () => {
  it('are recorded for both MNIST models, with the versions of the originals', () => {
    expect(references.map(({ model }) => model)).toEqual(expect.arrayContaining(['mnist-baseline', 'mnist-adversarial']));
    for (const { versions, logits } of references) {
      expect(Object.keys(versions)).toEqual(expect.arrayContaining(['torch', 'torchattacks', 'foolbox', 'adv-lib', 'engine']));
      expect(logits).toBeLessThan(1e-5);
    }
  });

  it('are nowhere weaker by more than a percentage point, or 2 % of a length, unless the docs say why', () => {
    const weaker = references.flatMap(({ model, comparisons }) =>
      Object.entries(comparisons).flatMap(([name, record]) => (isWeaker(record) && !record.note ? [`${model}: ${name}`] : [])),
    );
    expect(weaker).toEqual([]);
  });

  it('count as weaker where a length is 3 % above that of the original, or the accuracy two images', () => {
    const one = (measure: 'ACCURACY' | 'DISTANCE', ours: number, theirs: number) => ({
      measure,
      images: 20,
      float: { robust: { ours, theirs }, distance: { ours, theirs } },
      seedValues: { ours: [ours], theirs: [theirs] },
    });
    expect([one('DISTANCE', 1.01, 1), one('DISTANCE', 1.03, 1)].map(isWeaker)).toEqual([false, true]);
    expect([one('ACCURACY', 45, 40), one('ACCURACY', 50, 40)].map(isWeaker)).toEqual([false, true]);
    expect([one('ACCURACY', 41, 40), one('ACCURACY', 45, 40)].map(missesTarget)).toEqual([false, true]);
    const uncertain = { ...one('DISTANCE', 1.03, 1), seedValues: { ours: [0.9, 1.03, 1.16], theirs: [0.9, 1, 1.1] } };
    expect(isWeaker(uncertain), 'by less than the seeds differ').toBe(false);
  });

  it('are in docs/attacks.md as they were recorded', async () => {
    const path = 'docs/attacks.md';
    const formatted = await format(`## ${SECTION}\n\n${sectionOf(references)}`, { parser: 'markdown', ...(await resolveConfig(path)) });
    expect(await readFile(path, 'utf8')).toContain(await readSection(path, SECTION));
    expect(await readSection(path, SECTION), 'the table is stale').toBe(formatted.trim());
  });

  const recorded = references.flatMap(({ model, comparisons }) => {
    const source = sourcesOf(undefined).find(([name]) => name === model);
    const known = AGAIN.flatMap((name) => (comparisons[name] ? [[name, comparisons[name]] as const] : []));
    return source ? known.map(([name, record]) => [model, name, source[1], record] as const) : [];
  });

  const subjects = new Map<string, Promise<Subject>>();

  it.each(recorded)('on %s, %s gives what was recorded, and is as strong as the original', async (model, _, source, record) => {
    const engine = await testEngine();
    if (!subjects.has(model)) subjects.set(model, openSubject(engine, model, source, IMAGES));
    const subject = await subjects.get(model)!;
    const comparison = { ...record, budget: record.epsilon !== null };
    const result = await runOurs(engine, subject, comparison, { seed: 1, count: IMAGES, judging: 'FLOAT' });
    expect(departures(record, lengthsOf(result, record.norm, subject))).toEqual([]);
  });

  it('fail where two images more are robust than were recorded, or lengths are 3 % off, or above the original', () => {
    const record = (measure: 'ACCURACY' | 'DISTANCE') => {
      const lengths = Array.from({ length: IMAGES }, (_, i) => (i < IMAGES / 2 || measure === 'DISTANCE' ? 1 : null));
      return { measure, examples: { ours: lengths, theirs: lengths } };
    };
    const robust = (count: number) => Array.from({ length: IMAGES }, (_, i) => (i < count ? null : 1));
    const half = IMAGES / 2;
    expect([half - 2, half - 1, half, half + 1, half + 2].map((count) => departures(record('ACCURACY'), robust(count)).length)).toEqual([
      1, 0, 0, 0, 2,
    ]);
    const lengths = (length: number) => Array.from({ length: IMAGES }, () => length);
    expect([0.97, 0.99, 1, 1.01, 1.03].map((length) => departures(record('DISTANCE'), lengths(length)).length)).toEqual([1, 0, 0, 0, 2]);
    expect(departures(record('DISTANCE'), robust(IMAGES)), 'no image is fooled').toHaveLength(2);
  });
});

type Recorded = Pick<ComparisonRecord, 'measure' | 'examples'>;

/** In what lengths that were measured now leave a record: what it has of ours, and what it has of the original. */
function departures(record: Recorded, lengths: readonly (number | null)[]): string[] {
  const now = numberOf(record, lengths);
  const then = numberOf(record, record.examples.ours.slice(0, IMAGES));
  const original = numberOf(record, record.examples.theirs.slice(0, IMAGES));
  const isAccuracy = record.measure === 'ACCURACY';
  const isSame = isAccuracy ? Math.abs(now - then) <= ONE_IMAGE : Math.max(now / then, then / now) <= TOLERATED.share;
  const isAsStrong = now <= (isAccuracy ? original + ONE_IMAGE : TOLERATED.share * original);
  return [...(isSame ? [] : [`${now} was ${then}`]), ...(isAsStrong ? [] : [`${now} is weaker than the original's ${original}`])];
}

/** Lower is stronger: percent of the images that are not fooled, or the median length. */
function numberOf({ measure }: Recorded, lengths: readonly (number | null)[]): number {
  return measure === 'ACCURACY' ? robustAccuracy(lengths) : (medianLength(lengths) ?? Infinity);
}
