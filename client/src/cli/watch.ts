/** Jobs that a command waits for. @module */
import type { Evaluation, Gauntlet } from '../gauntlet.js';
import { attackTitle, Progress } from './output.js';
import { modelTitle } from './request.js';

interface NamedJob {
  readonly name: string;
  readonly jobId: string;
}

export function evaluationJob({ model, attack, job }: Pick<Evaluation, 'model' | 'attack' | 'job'>): NamedJob {
  return { name: `${modelTitle(model)} ${attackTitle(attack)}`, jobId: job.id };
}

/** Shows a bar for each job until all have ended. @throws GauntletError where one did not succeed. */
export async function watch(gauntlet: Gauntlet, jobs: readonly NamedJob[]): Promise<void> {
  const progress = new Progress();
  try {
    await Promise.all(
      jobs.map(({ name, jobId }) => {
        const bar = progress.add(name);
        return gauntlet.waitFor(jobId, { onProgress: (update) => bar.update(update) });
      }),
    );
  } finally {
    progress.stop();
  }
}
