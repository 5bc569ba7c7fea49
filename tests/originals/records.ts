/** What comparisons gave, as `tests/reference` keeps it: one file a model. @module */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { z } from 'zod';
import { MODELS } from './subjects.js';

/** Of ours and of theirs. */
const pairOf = <T extends z.ZodType>(value: T) => z.object({ ours: value, theirs: value });

/** Null: no image was fooled, or not half of them. */
const distance = z.number().nullable();

const outcomeSchema = z.object({
  /** Percent of the images that stay correctly classified. */
  robust: pairOf(z.number()),
  /** Median of the shortest changes, one that fails counting as endless. */
  distance: pairOf(distance),
});

const options = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]));

const recordSchema = z.object({
  norm: z.enum(['LINF', 'L2', 'L1', 'L0']),
  measure: z.enum(['ACCURACY', 'DISTANCE']),
  /** Null: none is given. */
  epsilon: z.number().nullable(),
  ours: z.object({ kind: z.string(), parameters: options }),
  theirs: z.object({ package: z.string(), original: z.string(), options }),
  images: z.number(),
  seeds: z.number(),
  /** Success decided on the floats that the attacks make: means over the seeds. */
  float: outcomeSchema,
  /** The same on images of 8 bits: ours looks for those; theirs are rounded. */
  stored: outcomeSchema,
  /** Means for one image. */
  queries: pairOf(z.number()),
  gradients: pairOf(z.number()),
  /** For all images, without compiling. */
  seconds: pairOf(z.number()),
  /** The number that is compared, on floats, for each seed. */
  seedValues: pairOf(z.array(distance)),
  /** The first seed on floats: length of each image's change, null where it is not fooled. */
  examples: pairOf(z.array(distance)),
  /** Where ours is weaker: why. Or in what the two differ on purpose. */
  note: z.string().optional(),
});

export type ComparisonRecord = z.infer<typeof recordSchema>;
export type Outcome = z.infer<typeof outcomeSchema>;

const referenceSchema = z.object({
  model: z.string(),
  /** Of each package of Python, and of onnxruntime. */
  versions: z.record(z.string(), z.string()),
  /** What the seconds were measured on. */
  machine: z.string(),
  /** Largest difference of a logit between the two sides, relative to the largest logit. */
  logits: z.number(),
  comparisons: z.record(z.string(), recordSchema),
});

export type Reference = z.infer<typeof referenceSchema>;

const pathOf = (model: string) => new URL(`../../../tests/reference/originals-${model}.json`, import.meta.url).pathname;

/** Undefined where none was measured. */
async function readReference(model: string): Promise<Reference | undefined> {
  const text = await readFile(pathOf(model), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : referenceSchema.parse(JSON.parse(text));
}

/** Of all models that were measured. */
export async function readReferences(): Promise<readonly Reference[]> {
  const references = await Promise.all(MODELS.map(readReference));
  return references.filter((reference) => reference !== undefined);
}

/** Comparisons that were not measured now stay as they were. @param order names of all comparisons there are; others are dropped. */
export async function writeReference(reference: Reference, order: readonly string[]): Promise<void> {
  const before = await readReference(reference.model);
  const all: Reference['comparisons'] = { ...before?.comparisons, ...reference.comparisons };
  const comparisons = Object.fromEntries(order.flatMap((name) => (all[name] ? [[name, all[name]]] : [])));
  const path = pathOf(reference.model);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, await format(JSON.stringify({ ...reference, comparisons }), { parser: 'json', ...(await resolveConfig(path)) }));
}

/** One percentage point of accuracy, or one image where there are few, and 2 % of a median distance; beyond that so many standard errors of the seeds. */
const TOLERATED = { points: 1, share: 1.02, errors: 2 };

type Compared = Pick<ComparisonRecord, 'measure' | 'float' | 'images' | 'seedValues'>;

/** Whether ours is weaker than the original by more than is tolerated, on floats as the originals decide. */
export const isWeaker = (record: Compared): boolean =>
  exceeds(record, Math.max(TOLERATED.points, 100 / record.images), TOLERATED.errors * standardError(record.seedValues));

/** Whether ours is weaker by more than the target, as the numbers stand: whatever the noise of few images and seeds. */
export const missesTarget = (record: Compared): boolean => exceeds(record, TOLERATED.points, 0);

function exceeds({ measure, float }: Compared, points: number, noise: number): boolean {
  const { ours, theirs } = measured({ measure }, float);
  if (ours === null || theirs === null) return ours === null && theirs !== null;
  return ours > (measure === 'ACCURACY' ? theirs + points : TOLERATED.share * theirs) + noise;
}

/** Of the difference of the two means, by how much the seeds of each side differ; 0 where there is one seed, or a value is endless. */
function standardError(values: ComparisonRecord['seedValues']): number {
  return Math.sqrt(varianceOfMean(values.ours) + varianceOfMean(values.theirs));
}

function varianceOfMean(values: readonly (number | null)[]): number {
  const known = values.filter((value) => value !== null);
  if (known.length < 2 || known.length < values.length) return 0;
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  return known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (known.length - 1) / known.length;
}

/** The number that is compared; null: endless. */
export const measured = (
  { measure }: Pick<ComparisonRecord, 'measure'>,
  outcome: Outcome,
): { ours: number | null; theirs: number | null } => (measure === 'ACCURACY' ? outcome.robust : outcome.distance);
