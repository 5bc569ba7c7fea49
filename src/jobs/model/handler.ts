/** Imports a submitted model and runs it, in a process of its own. Only what passes can be evaluated. @module */
import { toJson } from '../../storage/json.js';
import { mkdir } from 'node:fs/promises';
import type { ArchitectureRequest, ModelSpec } from '../../compute/models/index.js';
import type { Model } from '../../storage/generated/client.js';
import { packDirectory } from '../../storage/archive/index.js';
import { storeArtifact } from '../../storage/artifact-rows.js';
import { endpointOf } from './model-files.js';
import { type JobContext, JobFailed, type JobHandler } from '../types.js';
import type { ValidationRequest } from './messages.js';

export const VALIDATION = 'validation';

/** Of an uploaded model's files. */
export const MODEL_MEDIA_TYPE = 'application/octet-stream';

export const validationHandler: JobHandler = {
  kind: VALIDATION,

  async describe(prisma, jobId) {
    const { name } = await prisma.model.findUniqueOrThrow({ where: { jobId } });
    return `validation of ${name}`;
  },

  async run(context) {
    const { prisma, artifacts, validation, jobId } = context;
    const model = await prisma.model.findUniqueOrThrow({ where: { jobId } });
    return context.modelFolders.temporary(async (directory) => {
      if (!model.artifactId) await mkdir(directory);
      const request: ValidationRequest = {
        source: await sourceOf(context, model),
        directory,
        format: model.format ?? undefined,
        spec: model.spec as Partial<ModelSpec>,
        access: model.access,
        datasets: await candidates(context),
        engine: validation.engine,
        limits: validation.limits,
        remote: validation.remote,
      };
      const verdict = await validation.validate(request, context.signal);
      if ('refusal' in verdict) throw new JobFailed(verdict.refusal.code, verdict.refusal.message);
      const { spec, ...card } = verdict.card;
      // What was built from an architecture is kept as if it had been uploaded.
      const built =
        model.artifactId || model.endpoint
          ? undefined
          : await storeArtifact(prisma, artifacts, await packDirectory(directory), { mediaType: MODEL_MEDIA_TYPE });
      const data = { ...card, spec: toJson(spec), artifactId: model.artifactId ?? built, status: 'READY' as const };
      return {
        write: async (tx) => {
          await tx.model.update({ where: { id: model.id }, data });
          return [];
        },
        artifacts: built ? [built] : [],
      };
    });
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
  return datasets.map((dataset) => {
    const { name, imageShape, classNames } = dataset;
    return { name, source: datasetSource(dataset), imageShape, classCount: classNames.length };
  });
}

async function sourceOf(context: JobContext, model: Model): Promise<ValidationRequest['source']> {
  const { artifacts, validation } = context;
  if (model.endpoint) return { endpoint: await endpointOf(context, model) };
  if (model.artifactId) return { archive: artifacts.path(model.artifactId), limits: validation.archives };
  const { classCount, inputShape, width, activation, activationBeta, dropout } = model.spec as Partial<ArchitectureRequest>;
  const sizes = { classCount, inputShape, width, activation, activationBeta, dropout };
  return { architecture: { architecture: model.architecture!, seed: model.seed!, ...sizes } };
}
