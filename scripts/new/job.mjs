/**
 * Begins a kind of job: its handler, the line of the registry and a test. `npm run new:job -- <name>`, such as `-- clean-up`.
 * What it writes compiles and counts to its total, to be replaced by the work.
 */
import { fail, namesOf, register, writeFiles } from './skeleton.mjs';

const [name] = process.argv.slice(2);
const names = namesOf(name);
if (!names) fail('Usage: npm run new:job -- <name>\nThe name is in lower case with hyphens, such as clean-up.');
const { member, constant } = names;
const type = member[0].toUpperCase() + member.slice(1);
const file = `src/jobs/${name}/handler.ts`;
const test = `tests/server/${name}.test.ts`;

writeFiles({
  [file]: `/** ${name}: what it does. @module */
import type { JobHandler, PlannedPart } from '../types.js';

export const ${constant} = '${name}';

/** What a part computes. */
interface ${type}Part {
  readonly step: number;
}

export const ${member}Handler: JobHandler<${type}Part> = {
  kind: ${constant},
  lane: 'compute',

  describe: () => Promise.resolve('${name}'),

  async plan(context, { planned, total }) {
    // Called again when all parts are done: nothing more is to do.
    if (planned > 0) return {};
    const parts: PlannedPart<${type}Part>[] = [];
    for (let step = 0; step < total; step++) parts.push({ input: { step }, units: 1 });
    return { parts };
  },

  async computePart(context, { step }) {
    // A call of context.compute. What it depends on is in the part's input and in rows that do not change.
    return { details: { step } };
  },

  async finish(context, parts) {
    // Joins what the parts have left, all of them, in order.
    return { write: () => Promise.resolve([]) };
  },

  discard: () => Promise.resolve([]),
};
`,
  [test]: `import { afterAll, beforeAll, expect, it } from 'vitest';
import { ${constant} } from '../../src/jobs/${name}/handler.js';
import { encodeGlobalId } from '../../src/storage/global-id.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { finished } from './support/operations.js';

let app: TestApplication;
beforeAll(async () => {
  app = await startTestApplication();
});
afterAll(() => app?.close());

it('a job of ${name} reaches its total', async () => {
  const { database, queue } = app.runtime;
  const { id } = await database.prisma.$transaction(async (tx) => {
    const job = await tx.job.create({ data: { owner: 'someone', kind: ${constant}, total: 3, unit: 'steps' } });
    await queue.plan(tx, job.id);
    return job;
  });
  expect(await finished(app.graphql, encodeGlobalId('Job', id))).toMatchObject({ state: 'SUCCEEDED', progress: { done: 3 } });
});
`,
});
register('src/jobs/registry.ts', `import { ${member}Handler } from './${name}/handler.js';`, `  ${member}Handler,`, {
  opening: 'const handlers',
  closing: '];',
});

console.log(`Wrote ${file}, its line in registry.ts, and ${test}.
Then: npm run build && npx vitest run dist/${test.replace(/\.ts$/, '.js')}
      a service in src/services/${name} that starts it, with its types and resolver: docs/guide/extend.md says where each goes.`);
