import { expect, it } from 'vitest';
import { dataOf, until } from './support/client.js';
import { finished, readJob, registerMnist, startEvaluation, submitArchitecture } from './support/operations.js';
import { withRestartableServer } from './support/restartable.js';

const SAMPLES = 200;

// One of the promises that tests/chaos holds for every kind of job.
it('an evaluation whose server is killed resumes after a restart, with the numbers of one that was not interrupted', async () => {
  await withRestartableServer(
    async (first, restart) => {
      const modelId = await submitArchitecture(first, 'model', 'mlp');
      const input = { modelId, datasetId: await registerMnist(first), attacks: [{ stepRnd: { epsilon: 0.2 } }], sampleCount: SAMPLES };
      const killed = await startEvaluation(first, input);
      await until(async () => (await readJob(first, killed.jobIds[0]!)).progress.done >= 20, 'two shards');

      const second = await restart();
      expect((await readJob(second, killed.jobIds[0]!)).progress.done).toBeGreaterThanOrEqual(20);
      expect(await finished(second, killed.jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED', progress: { done: SAMPLES } });
      const resultOf = async (id: string) => {
        const query = 'query ($id: ID!) { evaluation(id: $id) { adversarial { top1 { value } } meanDistortion { l2 } queries } }';
        return (await dataOf(second(query, { id }))).evaluation;
      };
      const twin = await submitArchitecture(second, 'twin', 'mlp');
      const whole = await startEvaluation(second, { ...input, modelId: twin });
      await finished(second, whole.jobIds[0]!);
      expect(await resultOf(killed.evaluationIds[0]!)).toEqual(await resultOf(whole.evaluationIds[0]!));
    },
    { GAUNTLET_SHARD_SIZE: '10' },
  );
});
