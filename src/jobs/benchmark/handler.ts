/** An official run of a benchmark on a model: waits for its evaluations, and keeps what they come to. @module */
import { areGradientsMasked } from '../../results/findings/masked.js';
import type { EntryResult } from '../../results/benchmark.js';
import { unpackOutcomes } from '../../results/outcomes.js';
import { worstCase } from '../../results/worst-case.js';
import { engineOf, findingsOf, parametersOf, toJson } from '../../storage/json.js';
import { JobFailed, type JobHandler } from '../types.js';
import { isFinished } from '../watcher.js';

export const BENCHMARK_ENTRY = 'benchmark-entry';

export const benchmarkHandler: JobHandler = {
  kind: BENCHMARK_ENTRY,
  // It has no parts of its own.
  lane: 'compute',
  plansAtEachEnd: true,

  async describe(prisma, jobId) {
    const { modelName, benchmark } = await prisma.benchmarkEntry.findUniqueOrThrow({ where: { jobId }, include: { benchmark: true } });
    return `${benchmark.name} (version ${benchmark.version}) on ${modelName}`;
  },

  async plan({ prisma, jobId }, { total }) {
    const entry = await prisma.benchmarkEntry.findUniqueOrThrow({ where: { jobId }, include: { evaluations: { include: { job: true } } } });
    const jobs = entry.evaluations.map(({ job }) => job);
    const failed = entry.evaluations.find(({ job }) => job.state === 'FAILED' || job.state === 'CANCELLED');
    if (failed) {
      const reason = failed.job.error ?? 'it was cancelled';
      throw new JobFailed('EVALUATION_FAILED', `${failed.attackKind} has no results (${reason}). Enter the model again.`);
    }
    if (jobs.length < total) throw new JobFailed('MODEL_DELETED', 'The model was deleted before it was measured.');
    const waitFor = jobs.filter((job) => !isFinished(job)).map(({ id }) => id);
    return waitFor.length === 0 ? {} : { waitFor, done: total - waitFor.length };
  },

  async finish({ prisma, jobId, version }) {
    const entry = await prisma.benchmarkEntry.findUniqueOrThrow({
      where: { jobId },
      include: { evaluations: { omit: { outcomes: false }, include: { dataset: true }, orderBy: { id: 'asc' } } },
    });
    const { evaluations } = entry;
    const imageSize = evaluations[0]!.dataset.imageShape.reduce((product, length) => product * length, 1);
    const { examples, clean, right } = worstCase(
      evaluations.map(({ outcomes }) => unpackOutcomes(outcomes!)),
      undefined,
      imageSize,
    );
    const result: EntryResult = {
      n: examples,
      clean,
      robust: right,
      attacks: evaluations.map((row) => {
        return { kind: row.attackKind, parameters: parametersOf(row), right: row.adversarialTop1!, seconds: row.seconds! };
      }),
      maskedGradients: areGradientsMasked(evaluations.map((row) => ({ ...row, findings: findingsOf(row) ?? [] }))),
      findings: evaluations.flatMap((row) =>
        (findingsOf(row) ?? []).map(({ code, severity, message }) => ({ attackKind: row.attackKind, code, severity, message })),
      ),
      engine: engineOf(evaluations[0]!)!.label,
      version,
    };
    return {
      write: async (tx) => {
        await tx.benchmarkEntry.update({ where: { jobId }, data: { result: toJson(result), finishedAt: new Date() } });
        return [];
      },
    };
  },

  async discard(tx, jobId, cancel) {
    await tx.benchmarkEntry.updateMany({ where: { jobId }, data: { finishedAt: new Date() } });
    const jobs = await tx.job.findMany({ where: { evaluation: { entry: { jobId } } }, select: { id: true, owner: true } });
    const dropped = [];
    for (const { id, owner } of jobs) dropped.push(...(await cancel(id, owner)));
    return dropped;
  },
};
