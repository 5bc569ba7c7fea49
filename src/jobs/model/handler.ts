/** Imports a submitted model and runs it, in a process of its own. Only what passes can be evaluated. @module */
import type { ModelCardFields } from '../../results/model-card.js';
import { columnsOfCard, toJson } from '../../storage/json.js';
import { mkdir } from 'node:fs/promises';
import type { ArchitectureRequest, ModelCard, ModelSpec } from '../../compute/models/index.js';
import type { Model } from '../../storage/generated/client.js';
import { packDirectory } from '../../storage/archive/index.js';
import { endpointOf } from './model-files.js';
import { type JobContext, JobFailed, type JobHandler, PartReturned } from '../types.js';
import type { ValidationRequest } from './messages.js';
import { validationRequest } from './request.js';

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
      const request = async (archive?: string): Promise<ValidationRequest> => {
        const { format, access, checkDatasetId, expectedCleanAccuracy } = model;
        const [source, spec] = [await sourceOf(context, model, archive), model.spec as Partial<ModelSpec>];
        return validationRequest(context, {
          source,
          directory,
          format: format ?? undefined,
          spec,
          access,
          checkDatasetId,
          expectedCleanAccuracy,
        });
      };
      const validate = async (archive?: string) => validation.validate(await request(archive), context.signal);
      const verdict = model.artifactId ? await artifacts.useFile(model.artifactId, validate) : await validate();
      if ('trouble' in verdict) throw new PartReturned(`The validation ended by an error of the system: ${verdict.trouble}.`);
      if ('refusal' in verdict) throw new JobFailed(verdict.refusal.code, verdict.refusal.message);
      // What was built from an architecture is kept as if it had been uploaded.
      if (model.artifactId || model.endpoint) return { details: { ...verdict.card, about: verdict.about } };
      const packed = await packDirectory(directory);
      return { details: verdict.card, artifact: { bytes: () => packed, description: { mediaType: MODEL_MEDIA_TYPE } } };
    });
  },

  async finish({ prisma, jobId }, [part]) {
    const model = await prisma.model.findUniqueOrThrow({ where: { jobId } });
    const { about, ...found } = part!.details as unknown as ModelCard & { readonly about?: ModelCardFields };
    const data = {
      ...columnsOfCard(found),
      // What its owner says of it in the meantime is worth more.
      ...(about && model.card === null && { card: toJson(about) }),
      artifactId: model.artifactId ?? part!.artifactId,
      status: 'READY' as const,
    };
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

async function sourceOf(context: JobContext, model: Model, archive: string | undefined): Promise<ValidationRequest['source']> {
  if (model.endpoint) return { endpoint: await endpointOf(context, model) };
  if (archive !== undefined) return { archive, limits: context.validation.archives };
  const { classCount, inputShape, width, activation, activationBeta, dropout } = model.spec as Partial<ArchitectureRequest>;
  const sizes = { classCount, inputShape, width, activation, activationBeta, dropout };
  return { architecture: { architecture: model.architecture!, seed: model.seed!, ...sizes } };
}
