/** Certifies one model on a range of one data set by randomized smoothing. @module */
import { isBounds } from '../../compute/evaluation/index.js';
import type { EngineDescription } from '../../compute/engine/index.js';
import { formatMagnitude } from '../../compute/parameters/index.js';
import { joinCertificates, packCertificates, unpackCertificates } from '../../results/certificates.js';
import { toJson } from '../../storage/json.js';
import { modelSource } from '../model/model-files.js';
import { isLarge } from '../lanes.js';
import { planRanges, type Range } from '../ranges.js';
import { countWorkers } from '../workers.js';
import type { JobHandler } from '../types.js';

export const CERTIFICATION = 'certification';

/** Noisy images of so many examples cost about as much as an image under an iterative attack. */
const SAMPLES_PER_EXAMPLE = 100;
/** Bounds of an example take about as long as so many. */
const SAMPLES_OF_BOUNDS = 1000;
/** Examples of the first part. */
const FIRST = 4;

export const certificationHandler: JobHandler<Range> = {
  kind: CERTIFICATION,
  lane: 'compute',

  async describe(prisma, jobId) {
    const { sigma, method, model } = await prisma.certification.findUniqueOrThrow({ where: { jobId }, include: { model: true } });
    return `certification of ${model.name} ${isBounds(method) ? `by ${method}` : `with σ = ${formatMagnitude(sigma)}`}`;
  },

  async plan({ prisma, jobId, shardSize, partSeconds }, _job, parts) {
    const { offset, sampleCount, model, ...row } = await prisma.certification.findUniqueOrThrow({
      where: { jobId },
      include: { model: true },
    });
    const samples = isBounds(row.method) ? SAMPLES_OF_BOUNDS : row.selectionSamples + row.estimationSamples;
    const most = Math.max(1, Math.floor((shardSize * SAMPLES_PER_EXAMPLE) / samples));
    const range = { offset, count: sampleCount, most, first: FIRST, partSeconds, workers: await countWorkers(prisma) };
    return { ...planRanges(parts, range), gainsByGpu: isLarge(model) };
  },

  async computePart(context, range) {
    const { prisma, compute, jobId, signal } = context;
    const row = await prisma.certification.findUniqueOrThrow({ where: { jobId }, include: { model: true, dataset: true } });
    const { method, stopRadii, sigma, selectionSamples, estimationSamples, alpha, seed } = row;
    const smoothing = { method, stopRadii, sigma, selectionSamples, estimationSamples, alpha };
    const request = { model: await modelSource(context, row.model), dataset: await context.datasetSource(row.dataset), ...smoothing, seed };
    const { engine, ...certificates } = await compute.certifyShard({ ...request, ...range }, signal);
    return { details: engine, bytes: packCertificates(certificates) };
  },

  async finish({ jobId }, parts) {
    const certificates = packCertificates(joinCertificates(parts.map(({ bytes }) => unpackCertificates(bytes!))));
    // Where several workers had parts, the engine of the last is named.
    const engine = toJson(parts.at(-1)!.details as unknown as EngineDescription);
    return {
      write: async (tx) => {
        await tx.certification.update({ where: { jobId }, data: { certificates, engine, finishedAt: new Date() } });
        return [];
      },
    };
  },

  async discard(tx, jobId) {
    await tx.certification.updateMany({ where: { jobId }, data: { finishedAt: new Date() } });
    return [];
  },
};
