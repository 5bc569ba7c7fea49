/** Certifies one model on a range of one data set by randomized smoothing, shard by shard. A shard that is committed is never computed again. @module */
import { formatMagnitude } from '../../compute/parameters/index.js';
import { joinCertificates, packCertificates, unpackCertificates } from '../../results/certificates.js';
import { toJson } from '../../storage/json.js';
import { modelSource } from '../model/model-files.js';
import type { JobHandler } from '../types.js';

export const CERTIFICATION = 'certification';

/** Noisy images of so many examples cost about as much as a shard of an iterative attack. */
const SAMPLES_PER_SHARD_EXAMPLE = 100;

export const certificationHandler: JobHandler = {
  kind: CERTIFICATION,

  async describe(prisma, jobId) {
    const { sigma, model } = await prisma.certification.findUniqueOrThrow({ where: { jobId }, include: { model: true } });
    return `certification of ${model.name} with σ = ${formatMagnitude(sigma)}`;
  },

  async run(context) {
    const { prisma, compute, jobId, shardSize, signal } = context;
    const { model, dataset, offset, sampleCount, ...row } = await prisma.certification.findUniqueOrThrow({
      where: { jobId },
      omit: { certificates: false },
      include: { model: true, dataset: true },
    });
    const { sigma, selectionSamples, estimationSamples, alpha, seed } = row;
    const smoothing = { sigma, selectionSamples, estimationSamples, alpha };
    const request = { model: await modelSource(context, model), dataset: context.datasetSource(dataset), ...smoothing, seed };
    const samples = selectionSamples + estimationSamples;
    const most = Math.max(1, Math.floor((shardSize * SAMPLES_PER_SHARD_EXAMPLE) / samples));
    let certificates = row.certificates ? unpackCertificates(row.certificates) : joinCertificates([]);
    while (certificates.count < sampleCount) {
      signal.throwIfAborted();
      const count = Math.min(most, sampleCount - certificates.count);
      const { engine, ...shard } = await compute.certifyShard({ ...request, offset: offset + certificates.count, count }, signal);
      certificates = joinCertificates([certificates, shard]);
      await context.step(certificates.count, async (tx) => {
        // A run that moved between machines names the engine that did the last part.
        const data = { certificates: packCertificates(certificates), engine: toJson(engine) };
        await tx.certification.update({ where: { jobId }, data });
      });
    }
    return {
      write: async (tx) => {
        await tx.certification.update({ where: { jobId }, data: { finishedAt: new Date() } });
        return [];
      },
    };
  },

  async discard(tx, jobId) {
    await tx.certification.updateMany({ where: { jobId }, data: { certificates: null, finishedAt: new Date() } });
    return [];
  },
};
