/** The dashboard's order among many results: tags, search, saved views, and training runs side by side. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApplication, type TestApplication } from '../server/support/application.js';
import { dataOf } from '../server/support/client.js';
import { registerMnist, submitArchitecture } from '../server/support/operations.js';
import { openBrowser, openPage, settled, signIn, violations } from './browser.js';

let app: TestApplication;
let browser: Browser;
let trainingId: string;
beforeAll(async () => {
  [app, browser] = await Promise.all([startTestApplication(), openBrowser()]);
  await registerMnist(app.graphql);
  await submitArchitecture(app.graphql, 'small', undefined, 1);
  await submitArchitecture(app.graphql, 'other', undefined, 2);
  const register = `mutation { registerDataset(input: { name: "train", format: "mnist", split: TRAIN }) {
    ... on RegisterDatasetSuccess { dataset { id } } ... on UserError { message } } }`;
  trainingId = (await dataOf(app.graphql(register))).registerDataset.dataset.id;
});
afterAll(async () => {
  await browser?.close();
  await app?.close();
});

/** @returns ids of the run and of its job. */
async function train(name: string, steps: number): Promise<{ id: string; jobId: string }> {
  const query = `mutation ($input: StartTrainingInput!) { startTraining(input: $input) {
    ... on StartTrainingSuccess { trainingRun { id } job { id } } ... on UserError { message } } }`;
  const settings = { scheme: { standard: true }, optimizer: { adam: {} }, schedule: { cosine: {} } };
  const amounts = { batchSize: 50, steps, interval: 2, validation: { sampleCount: 20, iterations: 1 } };
  const input = { name, datasetId: trainingId, architecture: { name: 'mnist-small-cnn' }, ...settings, ...amounts };
  const { startTraining } = await dataOf(app.graphql(query, { input }));
  return { id: startTraining.trainingRun.id, jobId: startTraining.job.id };
}

describe('tags and notes', () => {
  it('are given on the page of a model, filter the list, and are found by Go to', async () => {
    const { page, complaints } = await openPage(browser, app.url);
    await signIn(page, app.firstToken!);
    await page.goto('/models?name=small');
    await page.getByRole('link', { name: 'small', exact: true }).click();
    await page.getByRole('button', { name: 'Add tags or a note' }).click();
    await page
      .getByRole('combobox', { name: 'Tags' })
      .or(page.getByRole('textbox', { name: 'Tags' }))
      .first()
      .fill('Figure 2');
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'Note' }).fill('Of the first run.');
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Of the first run.', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'figure 2' }).click();
    await page.waitForURL(/\/models\?tag=/);
    await settled(page);
    expect(await page.getByRole('region', { name: 'Models' }).locator('tbody tr').count()).toBe(1);
    expect(await violations(page)).toEqual([]);

    await page.keyboard.press('Control+k');
    await page.getByRole('textbox', { name: 'Page, model or data set' }).fill('gure 2');
    await page.getByRole('option', { name: /^small\s*figure 2$/ }).click();
    await page.getByRole('heading', { name: 'small', level: 1 }).waitFor();
    expect(complaints.filter((complaint) => !/401/.test(complaint))).toEqual([]);
    await page.context().close();
  });

  it('are shown to those who may not change them', async () => {
    const { secret } = await app.services.tokens.create({ name: 'reader', role: 'VIEWER' });
    const model = await app.runtime.database.prisma.model.findFirstOrThrow({ where: { name: 'small' } });
    await app.runtime.database.prisma.model.update({ where: { id: model.id }, data: { visibility: 'PUBLIC', note: 'For everyone.' } });
    const { page } = await openPage(browser, app.url);
    await signIn(page, secret);
    await page.goto('/models');
    await page.getByRole('link', { name: 'small', exact: true }).click();
    await page.getByText('For everyone.').waitFor();
    expect(await page.getByRole('button', { name: 'Change tags and note' }).count()).toBe(0);
    await page.context().close();
  });
});

describe('a saved view', () => {
  it('leads to the page with its filters, by the navigation and by Go to, until it is forgotten', async () => {
    const { page } = await openPage(browser, app.url);
    await signIn(page, app.firstToken!);
    await page.goto('/models?order=a-z&name=oth');
    await page.getByRole('button', { name: 'Save this view' }).click();
    await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Others');
    await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
    const views = page.getByRole('group', { name: 'Saved views' });
    await views.getByRole('link', { name: 'Others' }).waitFor();
    await page.getByRole('link', { name: 'Studies' }).click();
    await page.getByRole('heading', { name: 'Studies', level: 1 }).waitFor();
    await views.getByRole('link', { name: 'Others' }).click();
    await page.waitForURL(/\/models\?.*name=oth/);
    await settled(page);
    expect(await page.getByRole('region', { name: 'Models' }).locator('tbody tr').count()).toBe(1);

    await page.goto('/jobs');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('textbox', { name: 'Page, model or data set' }).fill('others');
    await page.getByRole('option', { name: 'Others', exact: true }).click();
    await page.waitForURL(/\/models\?.*name=oth/);
    await page.getByRole('button', { name: 'Forget the view Others' }).click();
    await views.getByRole('link', { name: 'Others' }).waitFor({ state: 'detached' });
    await page.context().close();
  });
});

describe('training', () => {
  it('is followed live, without the page being loaded again, and drawn beside another run', async () => {
    const [first, second] = [await train('first run', 6), await train('second run', 40)];
    const { page, complaints } = await openPage(browser, app.url);
    await signIn(page, app.firstToken!);
    await page.goto(`/training/${second.id}`);
    const measurements = async () => {
      const label = await page.getByRole('img', { name: /^Accuracy over/ }).getAttribute('aria-label');
      return Number(/over (\d+) measurements/.exec(label!)![1]);
    };
    await page.getByRole('img', { name: /^Accuracy over/ }).waitFor({ timeout: 120_000 });
    await page.evaluate('window.sameDocument = true');
    const before = await measurements();
    await expect.poll(measurements, { timeout: 120_000 }).toBeGreaterThan(before);
    expect(await page.evaluate('window.sameDocument')).toBe(true);
    // From the rate of the start to nearly 0.
    await page.getByRole('img', { name: /^Learning rate by step: 0\.0\d* at step 0, [\de.-]+ at step 39\./ }).waitFor();

    await page.goto(`/training?runs=${encodeURIComponent(JSON.stringify([first.id, second.id]))}&measure=loss`);
    await page.getByRole('img', { name: /^loss by step\. first run: [\d.]+ at step 6\. second run: / }).waitFor({ timeout: 120_000 });
    expect(await violations(page)).toEqual([]);
    expect(complaints.filter((complaint) => !/401/.test(complaint))).toEqual([]);
    await app.graphql('mutation ($id: ID!) { cancelJob(input: { jobId: $id }) { __typename } }', { id: second.jobId });
    await page.context().close();
  });
});
