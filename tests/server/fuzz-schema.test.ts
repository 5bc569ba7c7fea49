/** A short form of `npm run fuzz:schema`, which also says how long others wait. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSchema } from '../../src/resolvers/index.js';
import { sendOperations } from '../fuzz-schema/send.js';
import { idsAndRoles } from '../fuzz-schema/subject.js';
import { sized } from '../sizes.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { registerMnist, submitArchitecture } from './support/operations.js';

let app: TestApplication;
beforeAll(async () => {
  app = await startTestApplication({ GAUNTLET_REQUESTS_PER_MINUTE: '10000000' });
  await registerMnist(app.graphql);
  await submitArchitecture(app.graphql, 'fuzzed');
});
afterAll(() => app?.close());

it('every answer to random operations of every role is 2xx or 4xx, and says by a code what is wrong', async () => {
  const target = { schema: await createSchema(), graphqlUrl: app.graphqlUrl, ...(await idsAndRoles(app.graphql, app.authorization)) };
  const faults: string[] = [];
  let answered = 0;
  let overWebSocket = 0;
  for await (const { fault, operation, status } of sendOperations(target, 1, 0, sized(300, 3000))) {
    if (status === 200) answered++;
    if (operation.kind.startsWith('WebSocket')) overWebSocket++;
    if (fault) faults.push(`${fault}\n${operation.body.slice(0, 500)}`);
  }
  expect(faults.join('\n\n')).toBe('');
  // It gets past the checks.
  expect(answered).toBeGreaterThan(30);
  expect(overWebSocket).toBeGreaterThan(30);
});
