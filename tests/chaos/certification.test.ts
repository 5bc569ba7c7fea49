import { describe, expect, it } from 'vitest';
import { begin, read } from '../server/support/certification.js';
import { until } from '../server/support/client.js';
import { finished, readJob, registerMnist, submitArchitecture } from '../server/support/operations.js';
import { withRestartableServer } from '../server/support/restartable.js';

describe('a server killed in the middle of a certification', () => {
  it('resumes from the last shard, and ends with the same certificates', async () => {
    await withRestartableServer(
      async (first, restart) => {
        let graphql = first;
        const modelId = await submitArchitecture(graphql, 'smoothed', 'mlp');
        const datasetId = await registerMnist(graphql);
        const input = { modelId, datasetId, sigma: 0.1, selectionSamples: 10, estimationSamples: 190, sampleCount: 60 };
        const killed = await begin(graphql, input);
        await until(async () => (await readJob(graphql, killed.job.id)).progress.done >= 2, 'two shards');

        graphql = await restart();
        expect((await readJob(graphql, killed.job.id)).progress.done).toBeGreaterThanOrEqual(2);
        expect(await finished(graphql, killed.job.id)).toMatchObject({ state: 'SUCCEEDED' });
        const { examples } = await read(graphql, killed.certification.id);
        expect(examples.totalCount).toBe(60);
        // A part of the same range, computed by itself.
        const part = await begin(graphql, { ...input, offset: 10, sampleCount: 20 });
        await finished(graphql, part.job.id);
        expect((await read(graphql, part.certification.id)).examples.nodes).toEqual(examples.nodes.slice(10, 30));
      },
      { GAUNTLET_SHARD_SIZE: '2' },
    );
  });
});
