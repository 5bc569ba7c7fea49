/** Some of the bad files all the way: uploaded, submitted, validated in a process of their own. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApplication, type TestApplication } from '../server/support/application.js';
import { dataOf } from '../server/support/client.js';
import { finished } from '../server/support/operations.js';
import { upload } from '../server/support/upload.js';
import { BAD_FILES } from './index.js';
import { inOwnProcess } from '../server/support/validation.js';
import { sized } from '../sizes.js';

let app: TestApplication;
beforeAll(async () => {
  app = await startTestApplication({ GAUNTLET_ARCHIVE_MAX_BYTES: String(40 * 2 ** 20) }, inOwnProcess());
});
afterAll(() => app?.close());

const SUBMIT = `mutation ($input: SubmitModelInput!) {
  submitModel(input: $input) { ... on SubmitModelSuccess { model { id } job { id } } ... on UserError { message } }
}`;
const DELETE = `mutation ($id: ID!) { deleteModel(input: { modelId: $id }) { __typename } }`;

/** One of each kind of damage would be all of them. Names with NUL matter to the database alone. */
const EVERY = sized(240, 40);
const sample = BAD_FILES.filter(({ name }, i) => i % EVERY === 0 || /NUL/.test(name));

it.each(sample.map(({ name, bytes }) => [name, bytes] as const))(
  '%s: its submission over HTTP ends in a typed refusal',
  async (_name, bytes) => {
    const before = await app.inventory();
    const uploadId = await upload(app, bytes());
    const { submitModel } = await dataOf(app.graphql(SUBMIT, { input: { name: 'bad', uploadId } }));
    expect(submitModel.message).toBeUndefined();
    const errorCode = expect.stringMatching(/^(INVALID_ARCHIVE|INVALID_MODEL|LIMIT_EXCEEDED|UNSUPPORTED_OPERATION)$/) as string;
    expect(await finished(app.graphql, submitModel.job.id)).toMatchObject({ state: 'FAILED', errorCode });
    // Of it stays the row that says so, until its owner deletes it.
    await expect.poll(() => app.inventory()).toEqual({ ...before, models: before.models! + 1, jobs: before.jobs! + 1 });
    await dataOf(app.graphql(DELETE, { id: submitModel.model.id }));
    await expect.poll(() => app.inventory()).toEqual(before);
    expect((await fetch(`${app.url}/readyz`)).status).toBe(200);
  },
);
