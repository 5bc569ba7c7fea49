/** Reads an uploaded data set in a process of its own. Only what passes can be evaluated and trained on. @module */
import { createReadStream } from 'node:fs';
import { lstat, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DatasetCard, openContainer, STORED_FORMAT } from '../../compute/data/index.js';
import { bitDepthOf } from '../../compute/tensors/index.js';
import { packGroups } from '../../results/groups.js';
import { preparationRequestOf } from '../../storage/json.js';
import { JobFailed, type JobHandler } from '../types.js';
import type { DatasetRequest } from './messages.js';

export const DATASET_VALIDATION = 'dataset-validation';

const DATASET_MEDIA_TYPE = 'application/vnd.gauntlet.dataset';

export const datasetHandler: JobHandler = {
  kind: DATASET_VALIDATION,
  lane: 'validation',

  async describe(prisma, jobId) {
    const { name } = await prisma.dataset.findUniqueOrThrow({ where: { jobId } });
    return `reading of ${name}`;
  },

  plan: async (_context, { planned }) => (planned > 0 ? {} : { parts: [{ input: {}, units: 1 }] }),

  async computePart(context) {
    const { prisma, artifacts, jobId, datasetReading } = context;
    const dataset = await prisma.dataset.findUniqueOrThrow({ where: { jobId } });
    const directory = await context.modelFolders.temporaryPath();
    const remove = () => rm(directory, { recursive: true, force: true });
    try {
      await mkdir(directory);
      const target = join(directory, 'dataset');
      const { fileName, maxBytes, ...requested } = preparationRequestOf(dataset)!;
      const request = (upload: string): DatasetRequest => ({
        ...{ upload, fileName, directory, target, ...requested },
        format: dataset.uploadFormat ?? undefined,
        split: dataset.split === 'TRAIN' ? 'train' : 'test',
        archives: datasetReading.archives,
        limits: { ...datasetReading.limits, maxBytes: Math.min(datasetReading.limits.maxBytes, maxBytes) },
      });
      const verdict = await artifacts.useFile(dataset.artifactId!, (upload) => datasetReading.read(request(upload), context.signal));
      if ('refusal' in verdict) throw new JobFailed(verdict.refusal.code, verdict.refusal.message);
      const groups = await checkWritten(target, verdict.card);
      const bytes = () => readAndRemove(target, remove);
      return {
        details: verdict.card,
        bytes: groups && packGroups(groups),
        artifact: { bytes, description: { mediaType: DATASET_MEDIA_TYPE, isReadHere: true } },
      };
    } catch (error) {
      await remove();
      throw error;
    }
  },

  async finish({ prisma, jobId }, [part]) {
    const { id, artifactId } = await prisma.dataset.findUniqueOrThrow({ where: { jobId } });
    const { type, format, imageShape, classNames, groupNames, exampleCount, fingerprint, preparation } = part!
      .details as unknown as DatasetCard;
    const found = { imageShape: [...imageShape], classNames: [...classNames], exampleCount, fingerprint, preparation };
    const data = { ...found, bitDepth: bitDepthOf(type), format: STORED_FORMAT, uploadFormat: format, artifactId: part!.artifactId };
    return {
      write: async (tx) => {
        await tx.dataset.update({ where: { id }, data: { ...data, state: 'READY' } });
        if (groupNames && part!.bytes)
          await tx.datasetGroups.create({ data: { datasetId: id, names: [...groupNames], groups: part!.bytes } });
        return [artifactId];
      },
    };
  },

  /** The row stays, for its owner to read in the job what was wrong with the data set; its files go. */
  async discard(tx, jobId) {
    const dataset = await tx.dataset.findUnique({ where: { jobId } });
    if (!dataset) return [];
    await tx.dataset.update({ where: { id: dataset.id }, data: { state: 'REJECTED', artifactId: null } });
    return [dataset.artifactId];
  },
};

/** The process had a stranger's files: what it left is looked at before it is kept. @returns the group of each example. @throws JobFailed */
async function checkWritten(path: string, card: DatasetCard): Promise<Int32Array | undefined> {
  const found = await lstat(path).catch(() => undefined);
  const written = found?.isFile() ? await openContainer(path) : undefined;
  const groups = await written?.readGroups();
  await written?.close();
  const names = card.groupNames?.length;
  const isSame = written?.fingerprint === card.fingerprint && written.exampleCount === card.exampleCount && written.type === card.type;
  if (isSame && written.groupNames?.length === names && (groups?.every((group) => group >= 0 && group < names!) ?? true)) return groups;
  throw new JobFailed('VALIDATION_CRASHED', 'The process that read the data set left another file than it said. Register it again.');
}

async function* readAndRemove(path: string, remove: () => Promise<void>): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path) as AsyncIterable<Uint8Array>;
  } finally {
    await remove();
  }
}
