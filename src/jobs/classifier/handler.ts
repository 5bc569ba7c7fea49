/** Fits a classical classifier to a data set. The result is a model as if its file had been uploaded. @module */
import { mkdir } from 'node:fs/promises';
import type { ModelCard } from '../../compute/models/index.js';
import { packDirectory } from '../../storage/archive/index.js';
import { classifierOf, columnsOfCard } from '../../storage/json.js';
import { MODEL_MEDIA_TYPE } from '../model/handler.js';
import { JobFailed, type JobHandler } from '../types.js';

export const CLASSIFIER = 'classifier';

export const classifierHandler: JobHandler = {
  kind: CLASSIFIER,
  lane: 'training',

  async describe(prisma, jobId) {
    const model = await prisma.model.findUniqueOrThrow({ where: { jobId } });
    return `fitting of ${model.name} by ${classifierOf(model)!.name}`;
  },

  plan: (_context, { planned, total }) => Promise.resolve(planned > 0 ? {} : { parts: [{ input: {}, units: total }] }),

  async computePart(context) {
    const { prisma, compute, jobId, signal, modelFolders } = context;
    const model = await prisma.model.findUniqueOrThrow({ where: { jobId }, include: { fittedTo: true } });
    if (!model.fittedTo) throw new JobFailed('INVALID_TRAINING', 'The data set that it was to be fitted to has been deleted.');
    const request = { plan: classifierOf(model)!, dataset: await context.datasetSource(model.fittedTo) };
    return modelFolders.temporary(async (directory) => {
      await mkdir(directory);
      const details: ModelCard = await compute.fitClassifier(request, directory, signal);
      const packed = await packDirectory(directory);
      return { details, artifact: { bytes: () => packed, description: { mediaType: MODEL_MEDIA_TYPE } } };
    });
  },

  async finish({ prisma, jobId }, [part]) {
    const model = await prisma.model.findUniqueOrThrow({ where: { jobId } });
    const { details, artifactId } = part!;
    const data = { ...columnsOfCard(details as unknown as ModelCard), artifactId, status: 'READY' as const };
    return {
      write: async (tx) => {
        await tx.model.update({ where: { id: model.id }, data });
        return [];
      },
    };
  },

  async discard(tx, jobId) {
    await tx.model.updateMany({ where: { jobId }, data: { status: 'REJECTED' } });
    return [];
  },
};
