import { describe, expect, it } from 'vitest';
import { until } from '../server/support/client.js';
import { finished, readJob, registerMnist } from '../server/support/operations.js';
import { withRestartableServer } from '../server/support/restartable.js';
import { input, readRun, start } from '../server/support/training.js';

describe('a server killed in the middle of training', () => {
  it('resumes from the last checkpoint, and ends with the same model', async () => {
    await withRestartableServer(async (first, restart) => {
      let graphql = first;
      const datasetId = await registerMnist(graphql);
      const long = { steps: 100, interval: 10, augmentation: { shift: 1, mirror: true }, regularisation: { averageDecay: 0.9 } };
      const killed = await start(graphql, input(datasetId, long));
      await until(async () => (await readJob(graphql, killed.jobId)).progress.done >= 20, 'two checkpoints');

      graphql = await restart();
      expect((await readJob(graphql, killed.jobId)).progress.done).toBeGreaterThanOrEqual(20);
      expect(await finished(graphql, killed.jobId)).toMatchObject({ state: 'SUCCEEDED' });
      const whole = await start(graphql, input(datasetId, long));
      await finished(graphql, whole.jobId);
      const [interrupted, uninterrupted] = [await readRun(graphql, killed.runId), await readRun(graphql, whole.runId)];
      expect(interrupted.model.fingerprint).toBe(uninterrupted.model.fingerprint);
      const numbers = (run: { series: { checkpointUrl: unknown }[] }) =>
        run.series.map((point) => ({ ...point, checkpointUrl: undefined }));
      expect(numbers(interrupted)).toEqual(numbers(uninterrupted));
    });
  });
});
