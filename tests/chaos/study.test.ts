import { describe, expect, it } from 'vitest';
import { dataOf, until } from '../server/support/client.js';
import { finished, readJob } from '../server/support/operations.js';
import { withRestartableServer } from '../server/support/restartable.js';
import { read, registerBoth, start, type Task, TINY } from '../server/support/studies.js';

describe('a server killed in the middle of a study', () => {
  it('resumes the tasks that were begun', async () => {
    await withRestartableServer(async (first, restart) => {
      let graphql = first;
      await registerBoth(graphql);
      const { studyId, jobId } = await start(graphql, { ...TINY, seeds: 1 });
      await until(async () => (await readJob(graphql, jobId)).progress.done >= 3, 'three tasks');

      graphql = await restart();
      const begun = ((await read(graphql, studyId)).tasks as Task[]).filter(({ job }) => job);
      expect(begun.length).toBeGreaterThanOrEqual(3);
      expect(await finished(graphql, jobId)).toMatchObject({ state: 'SUCCEEDED' });
      const tasks = new Map(((await read(graphql, studyId)).tasks as Task[]).map((task) => [task.key, task]));
      for (const { key, job } of begun) expect(tasks.get(key)!.job!.id).toBe(job!.id);
      const { jobs } = await dataOf(graphql('{ jobs(filter: { kind: "training" }) { totalCount } }'));
      expect(jobs.totalCount).toBe(2);
    });
  });
});
