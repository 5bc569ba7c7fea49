/** Imports a submitted model and runs it, in a process of its own. Only what passes can be evaluated. @module */
import { toJson } from '../../storage/json.js';
import { mkdir } from 'node:fs/promises';
import type { ArchitectureRequest, ModelCard, ModelSpec } from '../../compute/models/index.js';
import type { Model } from '../../storage/generated/client.js';
import { packDirectory } from '../../storage/archive/index.js';
import { DatasetNotHere } from '../../storage/errors.js';
import { endpointOf } from './model-files.js';
import { type JobContext, JobFailed, type JobHandler } from '../types.js';
import type { ValidationRequest } from './messages.js';

export const VALIDATION = 'validation';

/** Of an uploaded model's files. */
export const MODEL_MEDIA_TYPE = 'application/octet-stream';

export const validationHandler: JobHandler = {
  kind: VALIDATION,
  lane: 'validation',

  async describe(prisma, jobId) {
    const { name } = await prisma.model.findUniqueOrThrow({ where: { jobId } });
    return `validation of ${name}`;
  },

  plan: async (_context, { planned }) => (planned > 0 ? {} : { parts: [{ input: {}, units: 1 }] }),

  async computePart(context) {
    const { prisma, artifacts, validation, jobId } = context;
    const model = await prisma.model.findUniqueOrThrow({ where: { jobId } });
    return context.modelFolders.temporary(async (directory) => {
      if (!model.artifactId) await mkdir(directory);
      const request = async (archive?: string): Promise<ValidationRequest> => ({
        source: await sourceOf(context, model, archive),
        directory,
        format: model.format ?? undefined,
        spec: model.spec as Partial<ModelSpec>,
        access: model.access,
        datasets: await candidates(context),
        engine: validation.engine,
        limits: validation.limits,
        remote: validation.remote,
      });
      const validate = async (archive?: string) => validation.validate(await request(archive), context.signal);
      const verdict = model.artifactId ? await artifacts.useFile(model.artifactId, validate) : await validate();
      if ('refusal' in verdict) throw new JobFailed(verdict.refusal.code, verdict.refusal.message);
      // What was built from an architecture is kept as if it had been uploaded.
      if (model.artifactId || model.endpoint) return { details: verdict.card };
      const packed = await packDirectory(directory);
      return { details: verdict.card, artifact: { bytes: () => packed, description: { mediaType: MODEL_MEDIA_TYPE } } };
    });
  },

  async finish({ prisma, jobId }, [part]) {
    const model = await prisma.model.findUniqueOrThrow({ where: { jobId } });
    const { spec, ...card } = part!.details as unknown as ModelCard;
    const found = { ...card, operations: { ...card.operations }, warnings: [...card.warnings], spec: toJson(spec) };
    const data = { ...found, artifactId: model.artifactId ?? part!.artifactId, status: 'READY' as const };
    return {
      write: async (tx) => {
        await tx.model.update({ where: { id: model.id }, data });
        return [];
      },
    };
  },

  /** The row stays, for its owner to read in the job what was wrong with the model; its files go. */
  async discard(tx, jobId) {
    const model = await tx.model.findUnique({ where: { jobId } });
    if (!model) return [];
    await tx.model.update({ where: { id: model.id }, data: { status: 'REJECTED', artifactId: null } });
    return [model.artifactId];
  },
};

/** Test sets, on which a model is tried. */
async function candidates({ prisma, datasetSource }: JobContext): Promise<ValidationRequest['datasets']> {
  const datasets = await prisma.dataset.findMany({ where: { split: 'TEST' }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] });
  return datasets.flatMap((dataset) => {
    const { name, imageShape, classNames } = dataset;
    try {
      return { name, source: datasetSource(dataset), imageShape, classCount: classNames.length };
    } catch (error) {
      if (error instanceof DatasetNotHere) return [];
      throw error;
    }
  });
}

async function sourceOf(context: JobContext, model: Model, archive: string | undefined): Promise<ValidationRequest['source']> {
  if (model.endpoint) return { endpoint: await endpointOf(context, model) };
  if (archive !== undefined) return { archive, limits: context.validation.archives };
  const { classCount, inputShape, width, activation, activationBeta, dropout } = model.spec as Partial<ArchitectureRequest>;
  const sizes = { classCount, inputShape, width, activation, activationBeta, dropout };
  return { architecture: { architecture: model.architecture!, seed: model.seed!, ...sizes } };
}
