/** Attacks against what `npm run compare:originals` recorded of them and of their original implementations. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { format, resolveConfig } from 'prettier';
import { readSection } from '../../bench/section.js';
import { lengthsOf, medianLength, robustAccuracy, runOurs } from '../originals/measure.js';
import { type ComparisonRecord, isWeaker, readReferences } from '../originals/records.js';
import { openSubject, type Subject, sourcesOf } from '../originals/subjects.js';
import { SECTION, sectionOf } from '../originals/table.js';
import { testEngine } from '../test-engine.js';

/** Quick ones, a few of each family; each takes less than a second. */
const AGAIN = ['fgsm', 'fast-gradient-l2', 'iter-basic', 'pgd', 'pgd-l2', 'mi-fgsm', 'deep-fool-l2', 'deep-fool-linf', 'ddn', 'fmn-linf'];
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
    const now = numberOf(record, lengthsOf(result, record.norm, subject));
    const then = numberOf(record, record.examples.ours.slice(0, IMAGES));
    const original = numberOf(record, record.examples.theirs.slice(0, IMAGES));
    if (record.measure === 'ACCURACY') {
      expect(Math.abs(now - then)).toBeLessThanOrEqual(ONE_IMAGE);
      expect(now).toBeLessThanOrEqual(original + ONE_IMAGE);
    } else {
      expect(Math.max(now / then, then / now)).toBeLessThanOrEqual(TOLERATED.share);
      expect(now / original).toBeLessThanOrEqual(TOLERATED.share);
    }
  });
});

/** Lower is stronger: percent of the images that are not fooled, or the median length. */
function numberOf({ measure }: ComparisonRecord, lengths: readonly (number | null)[]): number {
  return measure === 'ACCURACY' ? robustAccuracy(lengths) : (medianLength(lengths) ?? Infinity);
}
