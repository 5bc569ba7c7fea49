/** Which examples of an evaluation its model was trained on here. @module */
import type { Dataset, Model, Prisma } from '../../storage/generated/client.js';
import type { DatabaseClient } from '../../storage/database.js';
import { classifierOf, planOf } from '../../storage/json.js';

interface Range {
  readonly offset: number;
  readonly sampleCount: number;
}

const IMAGES = { select: { fingerprint: true, exampleCount: true } } as const;

const EXTRAS = { select: { dataset: IMAGES } } as const;

const INCLUDED = { dataset: IMAGES, extraData: EXTRAS, validationDataset: IMAGES, unlabelledDataset: IMAGES, baseModel: true } as const;

type Run = Prisma.TrainingRunGetPayload<{ include: typeof INCLUDED }>;

/**
 * Examples of the range that the model, or one that it was fine-tuned from, was trained on or fitted to. Data sets are the same where their contents are, whatever
 * their names.
 */
export async function countTrainedOn(prisma: DatabaseClient, model: Model, { fingerprint }: Dataset, range: Range): Promise<number> {
  const seen = new Uint8Array(range.sampleCount);
  const mark = ({ offset, sampleCount }: Range) =>
    seen.fill(1, Math.max(0, offset - range.offset), Math.max(0, offset + sampleCount - range.offset));
  const fitted = model.fittedToId === null ? null : await prisma.dataset.findUnique({ where: { id: model.fittedToId } });
  const classifier = classifierOf(model);
  if (fitted?.fingerprint === fingerprint && classifier) mark(classifier);
  let next: Pick<Model, 'id'> | null = model;
  while (next) {
    const run: Run | null = await prisma.trainingRun.findUnique({ where: { modelId: next.id }, include: INCLUDED });
    if (run) rangesOf(run, fingerprint).forEach(mark);
    next = run?.baseModel ?? null;
  }
  return seen.reduce((sum, one) => sum + one, 0);
}

/** What a run drew minibatches from, of the data set of this fingerprint: images that it validates on are left out. */
function rangesOf({ dataset, extraData, validationDataset, unlabelledDataset, ...run }: Run, fingerprint: string): Range[] {
  const ranges: Range[] = [];
  if (unlabelledDataset?.fingerprint === fingerprint) ranges.push({ offset: 0, sampleCount: unlabelledDataset.exampleCount });
  const trainedOn = [dataset, ...extraData.map((extra) => extra.dataset)].find((one) => one.fingerprint === fingerprint);
  if (!trainedOn) return ranges;
  if (validationDataset.fingerprint !== fingerprint) return [...ranges, { offset: 0, sampleCount: trainedOn.exampleCount }];
  // Plans of early versions do not say it.
  const { validation } = planOf(run) as Partial<ReturnType<typeof planOf>>;
  const { offset, count } = validation ?? { offset: 0, count: 0 };
  const end = offset + count;
  return [...ranges, { offset: 0, sampleCount: offset }, { offset: end, sampleCount: trainedOn.exampleCount - end }];
}
