/** Clean, corrupted and adversarial accuracy of models side by side. @module */
import { corruption } from '../../compute/attacks/index.js';
import type { CorruptedPart, CorruptionScale } from '../../compute/data/index.js';
import type { Proportion } from '../../compute/statistics/index.js';
import { DomainError } from '../../errors.js';
import { ALEXNET, type CorruptedOutcomes, type CorruptionSummary, summariseCorruptions } from '../../results/corruptions.js';
import type { DatabaseClient } from '../../storage/database.js';
import { type Dataset, type Norm, Prisma } from '../../storage/generated/client.js';
import type { Principal } from '../token/principal.js';
import { all, finished, inRange, ofModels, onDataset, type RangeRequest, underAttacks } from './finished.js';
import { threatModelResults } from './threat-model.js';

export interface CorruptionRequest extends RangeRequest {
  readonly datasetId: string;
  readonly modelIds: readonly string[];
  /** A model whose errors others are divided by, or AlexNet's published ones; undefined: there is no corruption error. */
  readonly baseline?: { readonly modelId: string } | 'ALEXNET';
  /** Undefined: there is no adversarial accuracy. */
  readonly threat?: { readonly norm: Norm; readonly epsilon: number };
  readonly scale: CorruptionScale;
  /** A data set of published corrupted images, whose evaluations count in place of those of corruptions that are computed. */
  readonly published?: PublishedImages;
}

export interface PublishedImages {
  readonly datasetId: string;
  /** Of its row, as it changes with the evaluations on it. */
  readonly revision: number;
  readonly parts: readonly CorruptedPart[];
}

export interface ModelCorruptions extends CorruptionSummary {
  readonly modelId: string;
  /** Evaluations by kind and severity: `FOG 3`. */
  readonly evaluationIds: Readonly<Record<string, string>>;
  /** Under the attacks of the threat model's leaderboard; null where it is not ranked there. */
  readonly adversarial: Proportion | null;
}

export interface CorruptionResults {
  /** Undefined where nothing has finished. */
  readonly range: { readonly offset: number; readonly sampleCount: number } | undefined;
  readonly scale: CorruptionScale;
  /** Those that were corrupted on the range, in the request's order. */
  readonly models: readonly ModelCorruptions[];
}

/** @throws DomainError VALIDATION where AlexNet's errors are none of this data set. */
export function checkBaseline(dataset: Pick<Dataset, 'name' | 'classNames'>, scale: CorruptionScale): void {
  if (scale === 'IMAGENET' && dataset.classNames.length === 1000) return;
  throw new DomainError(
    'VALIDATION',
    `AlexNet's errors are those on ImageNet-C, of 1000 classes and the table IMAGENET; "${dataset.name}" has ${dataset.classNames.length} and ${scale}. Name a model as the baseline.`,
    ['baseline'],
  );
}

interface CorruptionRow {
  readonly id: string;
  readonly modelId: string;
  readonly offset: number;
  readonly sampleCount: number;
  readonly kind: string;
  readonly severity: number;
  readonly clean: string;
  readonly right: string;
}

/** One range of examples for all: that of most results, then the largest. Of each model, corruption and severity the newest. */
export async function corruptionResults(prisma: DatabaseClient, viewer: Principal, request: CorruptionRequest): Promise<CorruptionResults> {
  const { datasetId, modelIds, baseline, threat, scale, published, ...range } = request;
  const named = baseline === undefined || baseline === 'ALEXNET' ? modelIds : [...modelIds, baseline.modelId];
  const rows = published
    ? await publishedRows(prisma, viewer, { datasetId, modelIds: named, published, ...range })
    : await corruptionRows(prisma, viewer, all(ofModels(named), onDataset(datasetId), inRange(range)), scale);
  const [first] = rows;
  if (!first) return { range: undefined, scale, models: [] };
  const { offset, sampleCount } = first;
  const attacked = threat && (await threatModelResults(prisma, viewer, { datasetId, ...threat, offset, sampleCount }));
  const outcomes = new Map(named.map((id) => [id, outcomesOf(rows.filter(({ modelId }) => modelId === id))]));
  const reference = baseline === 'ALEXNET' ? ALEXNET : baseline && outcomes.get(baseline.modelId);
  const fingerprints = threat ? await fingerprintsOf(prisma, modelIds) : new Map<string, string | null>();
  return {
    range: { offset, sampleCount },
    scale,
    models: modelIds.flatMap((modelId) => {
      const own = outcomes.get(modelId);
      if (!own) return [];
      const ids = rows.filter((row) => row.modelId === modelId).map((row) => [`${row.kind} ${row.severity}`, row.id]);
      const ranked = attacked?.models.find(({ fingerprint }) => fingerprint === fingerprints.get(modelId));
      const summary = summariseCorruptions(own, reference);
      return [
        { ...summary, modelId, evaluationIds: Object.fromEntries(ids) as Record<string, string>, adversarial: ranked?.robust ?? null },
      ];
    }),
  };
}

/** Results of the table `scale`, which on images of its size `AUTO` is too. */
function corruptionRows(prisma: DatabaseClient, viewer: Principal, wanted: Prisma.Sql, scale: CorruptionScale): Promise<CorruptionRow[]> {
  return prisma.$queryRaw<CorruptionRow[]>`
    WITH "candidate" AS (
      SELECT "id", "modelId", "offset", "sampleCount", "parameters" ->> 'kind' AS "kind", ("parameters" ->> 'severity')::INT AS "severity",
        "cleanRight"::TEXT AS "clean", "adversarialRight"::TEXT AS "right", "finishedAt"
      FROM ${finished(viewer)}
      WHERE ${wanted} AND ${underAttacks([corruption.kind])} AND "parameters" ->> 'scale' IN ('AUTO', ${scale})
    ), "configuration" AS (
      SELECT "offset", "sampleCount" FROM "candidate" GROUP BY "offset", "sampleCount"
      ORDER BY count(DISTINCT ("modelId", "kind", "severity")) DESC, "sampleCount" DESC, max("finishedAt") DESC LIMIT 1
    )
    SELECT DISTINCT ON ("modelId", "kind", "severity") "id", "modelId", "offset", "sampleCount", "kind", "severity", "clean", "right"
    FROM "candidate" JOIN "configuration" USING ("offset", "sampleCount")
    ORDER BY "modelId", "kind", "severity", "finishedAt" DESC`;
}

interface PublishedRow {
  readonly id: string;
  readonly modelId: string;
  readonly offset: number;
  readonly sampleCount: number;
  readonly right: string;
}

/** What models make of published images, whatever they were attacked by, and of the original images of the same examples. */
async function publishedRows(
  prisma: DatabaseClient,
  viewer: Principal,
  request: RangeRequest & Pick<CorruptionRequest, 'datasetId' | 'modelIds'> & { readonly published: PublishedImages },
): Promise<CorruptionRow[]> {
  const { datasetId, modelIds, published, offset, sampleCount } = request;
  const newest = (wanted: Prisma.Sql) => prisma.$queryRaw<PublishedRow[]>`
    SELECT DISTINCT ON ("modelId", "offset", "sampleCount") "id", "modelId", "offset", "sampleCount", "cleanRight"::TEXT AS "right"
    FROM ${finished(viewer)} WHERE ${wanted} AND ${ofModels(modelIds)} ORDER BY "modelId", "offset", "sampleCount", "finishedAt" DESC`;
  const measured = await newest(all(onDataset(published.datasetId), inRange({ sampleCount })));
  const placed = measured.flatMap((row) => place(row, published.parts)).filter((row) => offset === undefined || row.offset === offset);
  const range = mostFrequentRange(placed);
  if (!range) return [];
  const originals = new Map((await newest(all(onDataset(datasetId), inRange(range)))).map((row) => [row.modelId, row.right]));
  return placed
    .filter((row) => row.offset === range.offset && row.sampleCount === range.sampleCount)
    .flatMap((row) => {
      const clean = originals.get(row.modelId);
      return clean === undefined ? [] : [{ ...row, clean }];
    });
}

/** In the part that it lies in, its offset being that in the part; none where it lies in several. */
function place(row: PublishedRow, parts: readonly CorruptedPart[]): Omit<CorruptionRow, 'clean'>[] {
  const at = parts.findLastIndex(({ offset }) => offset <= row.offset);
  const [part, next] = [parts[at], parts[at + 1]];
  if (!part || row.offset + row.sampleCount > (next?.offset ?? Infinity)) return [];
  return [{ ...row, offset: row.offset - part.offset, kind: part.kind, severity: part.severity }];
}

/** That of most results, then the largest, then the first. */
function mostFrequentRange(rows: readonly Pick<CorruptionRow, 'offset' | 'sampleCount'>[]): Required<RangeRequest> | undefined {
  const counts = new Map<string, { readonly offset: number; readonly sampleCount: number; count: number }>();
  for (const { offset, sampleCount } of rows) {
    const key = `${offset} ${sampleCount}`;
    const known = counts.get(key) ?? { offset, sampleCount, count: 0 };
    counts.set(key, { ...known, count: known.count + 1 });
  }
  const [first] = [...counts.values()].sort((a, b) => b.count - a.count || b.sampleCount - a.sampleCount || a.offset - b.offset);
  return first && { offset: first.offset, sampleCount: first.sampleCount };
}

function outcomesOf(rows: readonly CorruptionRow[]): CorruptedOutcomes | undefined {
  const bits = (text: string) => Uint8Array.from(text, Number);
  const [first] = rows;
  return (
    first && { clean: bits(first.clean), corrupted: rows.map(({ kind, severity, right }) => ({ kind, severity, right: bits(right) })) }
  );
}

async function fingerprintsOf(prisma: DatabaseClient, ids: readonly string[]): Promise<Map<string, string | null>> {
  const rows = await prisma.model.findMany({ where: { id: { in: [...ids] } }, select: { id: true, fingerprint: true } });
  return new Map(rows.map(({ id, fingerprint }) => [id, fingerprint]));
}
