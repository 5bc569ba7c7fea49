import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import * as tar from 'tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.js';
import { startTestApplication, type TestApplication } from '../server/support/application.js';
import { finished, registerMnist, startEvaluation, submitArchitecture } from '../server/support/operations.js';
import { ledToSignIn, openBrowser, openPage, settled, signIn, violations, type Watched } from './browser.js';
import { pagesOf } from './pages.js';

let app: TestApplication;
let browser: Browser;
beforeAll(async () => {
  [app, browser] = await Promise.all([startTestApplication(), openBrowser()]);
  const datasetId = await registerMnist(app.graphql);
  const modelIds = [
    await submitArchitecture(app.graphql, 'small', undefined, 1),
    await submitArchitecture(app.graphql, 'other', undefined, 2),
  ];
  const { jobIds } = await startEvaluation(app.graphql, {
    modelIds,
    datasetId,
    attacks: [{ fgsm: { epsilon: 0.1 } }],
    epsilons: [0.1, 0.2],
    sampleCount: 20,
    keepImages: true,
  });
  for (const jobId of jobIds) await finished(app.graphql, jobId);
});
afterAll(async () => {
  await browser?.close();
  await app?.close();
});

/** A file in an archive, as an upload of a browser. */
async function tarOf(name: string, bytes: Buffer): Promise<Upload> {
  const folder = await mkdtemp(join(tmpdir(), 'gauntlet-upload-'));
  await writeFile(join(folder, name), bytes);
  const upload = await archiveOf(folder, [name], 'archive.tar');
  await rm(folder, { recursive: true });
  return upload;
}

interface Upload {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

async function archiveOf(folder: string, files: string[], name: string): Promise<Upload> {
  const chunks: Buffer[] = [];
  for await (const chunk of tar.create({ cwd: folder }, files)) chunks.push(chunk as Buffer);
  return { name, mimeType: 'application/x-tar', buffer: Buffer.concat(chunks) };
}

/** Nothing left the origin, and the console has no error but those that are meant. */
function expectQuiet({ foreign, complaints }: Watched, meant = /401/): void {
  expect(foreign).toEqual([]);
  expect(complaints.filter((complaint) => !meant.test(complaint))).toEqual([]);
}

describe('a visitor', () => {
  it('signs in, starts an evaluation, sees it run, and looks at its examples', async () => {
    const watched = await openPage(browser, app.url);
    const { page } = watched;
    await page.goto('/evaluations');
    await page.waitForURL(/\/sign-in\?next=/);
    await signIn(page, app.firstToken!, /\/evaluations$/);
    await page.getByRole('heading', { name: 'Evaluations', level: 1 }).waitFor();

    await page.getByRole('link', { name: 'New evaluation' }).first().click();
    await page.getByPlaceholder('choose one or several').click();
    await page.getByRole('option', { name: 'small' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('textbox', { name: 'epsilon' }).fill('0.15');
    await page.getByRole('textbox', { name: 'Images' }).fill('30');
    await page.getByRole('button', { name: 'Start the evaluation' }).click();
    await page.waitForURL(/\/evaluations\/[\w-]+$/);
    await page.getByText('Accuracy under attack', { exact: true }).waitFor({ timeout: 120_000 });

    const pictures = page.locator('img.pixels');
    await pictures.first().waitFor();
    await expect.poll(() => page.evaluate('document.querySelector("img.pixels").naturalWidth')).toBe(28);

    // The filter is in the address, so that a link shows the same.
    await page.getByText('Attack failed', { exact: true }).click();
    await page.waitForURL(/outcome=held/);
    await page.goBack();
    await page.getByRole('link', { name: 'Example 0, large' }).click();
    await page.getByRole('dialog', { name: 'Example 0' }).waitFor();
    expect(page.url()).toContain('example=0');
    await page.getByText(/Classified correctly under attack in \d+ of \d+ evaluations/).waitFor();
    expect(await violations(page)).toEqual([]);
    expectQuiet(watched);
    await page.context().close();
  });

  it('submits a file, sees images as it gets them and what it would be accepted as, evaluates it, and looks at examples', async () => {
    const watched = await openPage(browser, app.url);
    const { page } = watched;
    await signIn(page, app.firstToken!);
    await page.goto('/submit');
    const folder = join(loadConfig({}).assetsDirectory, 'models', 'mnist-baseline');
    await page.locator('input[type=file]').setInputFiles(await archiveOf(folder, ['model.json', 'weights.bin'], 'submitted.tar'));
    await page.getByRole('combobox', { name: 'Format' }).click();
    await page.getByRole('option', { name: /layers model/ }).click();
    await page.getByRole('combobox', { name: /^Try it on/ }).click();
    await page.getByRole('option', { name: 'mnist-test' }).click();
    await page.getByRole('img', { name: 'Image 0, 7, as the network gets it' }).waitFor();
    await page.getByText(/The network gets values from 0 to 1;/).waitFor();
    await page.getByRole('textbox', { name: 'Mean of each channel' }).fill('0.1307, 0.1307, 0.1307');
    await page.getByText('Give one mean for each of 1 channels.').waitFor();
    await page.getByRole('textbox', { name: 'Mean of each channel' }).fill('0.1307');
    await page.getByRole('textbox', { name: 'Standard deviation' }).fill('0.3081');
    await page.getByText(/The network gets values from -0\.424 to 2\.82;/).waitFor();
    // Black and white of the first picture are the least and the most that it gets.
    expect(
      await page.evaluate(`[...document.querySelector('canvas[aria-label^="Image 0,"]').getContext('2d').getImageData(0, 0, 1, 1).data]`),
    ).toEqual([0, 0, 0, 255]);
    expect(await violations(page)).toEqual([]);
    await page.getByRole('textbox', { name: 'Mean of each channel' }).fill('');
    await page.getByRole('textbox', { name: 'Standard deviation' }).fill('');
    await page.getByRole('button', { name: 'Check it before it is submitted' }).click();
    await page.getByRole('row', { name: /^Accuracy 9\d\.\d %.* on mnist-test/ }).waitFor({ timeout: 120_000 });
    await page.getByRole('row', { name: 'Attacks can use gradients' }).waitFor();
    expect(await page.getByRole('textbox', { name: /^Name\b/ }).inputValue()).toBe('submitted');
    await page.getByRole('button', { name: 'Submit', exact: true }).click();
    await page.waitForURL(/\/models\/[\w-]+$/);
    await page.getByRole('heading', { name: 'submitted', level: 1 }).waitFor();
    await page.getByText('It has not been attacked yet').waitFor();
    await page.locator('a:not([data-disabled])', { hasText: /^Evaluate$/ }).waitFor({ timeout: 120_000 });
    await page.getByRole('link', { name: 'Evaluate', exact: true }).click();
    await page.getByRole('textbox', { name: 'Images' }).fill('20');
    await page.getByRole('button', { name: 'Start the evaluation' }).click();
    await page.waitForURL(/\/evaluations\/[\w-]+$/);
    await page.getByText('Accuracy under attack', { exact: true }).waitFor({ timeout: 120_000 });
    await page.locator('img.pixels').first().waitFor();
    await page.goto('/');
    await page.getByRole('region', { name: 'Changed on leaderboards' }).getByRole('link', { name: 'submitted' }).waitFor();
    expectQuiet(watched);
    await page.context().close();
  });

  it('whose token is revoked is asked to sign in again', async () => {
    const { secret, token } = await app.services.tokens.create({ name: 'leaver', role: 'VIEWER' });
    const watched = await openPage(browser, app.url);
    await signIn(watched.page, secret);
    await app.services.tokens.revoke(token.id);
    await ledToSignIn(watched.page);
    expectQuiet(watched);
    await watched.page.context().close();
  });

  it('whose token is revoked while a page reads again and again is led to sign in, and back', async () => {
    const { secret, token } = await app.services.tokens.create({ name: 'leaver', role: 'VIEWER' });
    const { page } = await openPage(browser, app.url);
    await signIn(page, secret);
    await page.goto('/jobs?state=SUCCEEDED');
    await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
    await app.services.tokens.revoke(token.id);
    await page.waitForURL(/\/sign-in\?next=%2Fjobs%3Fstate%3DSUCCEEDED/, { timeout: 60_000 });
    await signIn(page, app.firstToken!, /\/jobs\?state=SUCCEEDED$/);
    await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
    await page.context().close();
  });

  it('is told what is wrong with a token', async () => {
    const { page } = await openPage(browser, app.url);
    await page.goto('/sign-in');
    await page.getByLabel(/^Token/).fill('gauntlet_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('The token is unknown, revoked or expired.').waitFor();
    await page.context().close();
  });
});

describe('by keyboard alone', () => {
  it('a visitor signs in and starts an evaluation', async () => {
    const watched = await openPage(browser, app.url);
    const { page } = watched;
    /** Presses Tab until the focus is on something with this label or text. */
    const tabTo = async (label: RegExp) => {
      for (let presses = 0; presses < 60; presses++) {
        await page.keyboard.press('Tab');
        const name = (await page.evaluate(
          '(() => { const e = document.activeElement; return [e.getAttribute("aria-label"), e.labels?.[0]?.textContent, e.textContent].filter(Boolean).join(" | "); })()',
        )) as string;
        if (label.test(name)) return;
      }
      throw new Error(`Tab does not lead to ${label}.`);
    };
    await page.goto('/sign-in');
    await tabTo(/^Token/);
    await page.keyboard.type(app.firstToken!);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname === '/');
    await page.getByRole('heading', { level: 1 }).waitFor();

    await page.keyboard.press('Control+k');
    await page.getByRole('textbox', { name: 'Page, model or data set' }).waitFor();
    await page.keyboard.type('new eval');
    await page.getByRole('option', { name: 'New evaluation' }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/new-evaluation/);
    await page.getByPlaceholder('choose one or several').waitFor();
    await tabTo(/^Models \*/);
    await page.keyboard.type('other');
    await page.getByRole('option', { name: 'other' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await tabTo(/^Images/);
    await page.keyboard.press('Control+a');
    await page.keyboard.type('20');
    await tabTo(/^Start the evaluation/);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/evaluations\/[\w-]+$/);
    await page.getByText('Accuracy under attack', { exact: true }).waitFor({ timeout: 120_000 });
    expectQuiet(watched);
    await page.context().close();
  });

  it('the palette finds models, and leads there', async () => {
    const { page } = await openPage(browser, app.url);
    await signIn(page, app.firstToken!);
    await page.keyboard.press('Control+k');
    await page.getByRole('textbox', { name: 'Page, model or data set' }).fill('smal');
    await page.getByRole('option', { name: 'small' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'small', level: 1 }).waitFor();
    await page.context().close();
  });
});

describe('an admin', () => {
  it('makes a token, which works, and revokes it, which ends it', async () => {
    const watched = await openPage(browser, app.url);
    const { page } = watched;
    await signIn(page, app.firstToken!);
    await page.getByRole('link', { name: 'Admin' }).click();
    await page.getByLabel('Whom it is for').fill('newcomer');
    await page.getByRole('button', { name: 'Create' }).click();
    const secret = await page.getByRole('status').locator('code').innerText();
    const headers = { authorization: `Bearer ${secret}` };
    const ask = async () =>
      (await fetch(`${app.graphqlUrl}?query={viewer{name}}`, { headers: { ...headers, 'apollo-require-preflight': '1' } })).status;
    expect(await ask()).toBe(200);
    await page.getByRole('button', { name: 'Revoke the token of newcomer' }).click();
    await page.getByRole('button', { name: 'Revoke the token of newcomer for good' }).click();
    await page
      .getByRole('row', { name: /newcomer/ })
      .getByText('revoked', { exact: true })
      .waitFor();
    expect(await ask()).toBe(401);
    expectQuiet(watched);
    await page.context().close();
  });

  it('is who the page for it is for', async () => {
    const { secret } = await app.services.tokens.create({ name: 'reader', role: 'VIEWER' });
    const { page } = await openPage(browser, app.url);
    await signIn(page, secret);
    expect(await page.getByRole('link', { name: 'Admin' }).count()).toBe(0);
    await page.goto('/admin');
    await page.getByText('This page is for admins').waitFor();
    await page.context().close();
  });
});

describe('forms', () => {
  it('say what an evaluation costs before it is started, and start training, transfer and a study', async () => {
    const watched = await openPage(browser, app.url);
    const { page } = watched;
    await signIn(page, app.firstToken!);
    const choose = async (label: RegExp, option: string) => {
      await page
        .getByRole('combobox', { name: label })
        .or(page.getByRole('textbox', { name: label }))
        .first()
        .click();
      await page.getByRole('option', { name: option, exact: true }).click();
      await page.keyboard.press('Escape');
    };

    await page.goto('/new-evaluation?attack=FGSM');
    await choose(/^Models/, 'small');
    await page.getByRole('textbox', { name: 'epsilon' }).fill('0.07');
    await page.getByText(/About .* of computing; 95 % of such requests take .* to .*/).waitFor();
    await page.getByRole('textbox', { name: 'epsilon' }).fill('0.1');
    await page.getByRole('textbox', { name: 'Images' }).fill('20');
    await page.getByText('This was requested before: its numbers cost nothing.').waitFor();

    await page.goto('/new-training?from=architecture');
    await choose(/^Architecture/, 'Small MNIST CNN');
    await choose(/^Data set/, 'mnist-test, 10,000 images');
    await page.getByRole('textbox', { name: /^Name of the model/ }).fill('trained here');
    await choose(/^Scheme/, 'FGSM objective');
    await page.getByRole('textbox', { name: 'Images of a minibatch' }).fill('1000');
    await page.getByRole('textbox', { name: 'Steps between measurements' }).fill('4');
    expect(new URL(page.url()).searchParams.get('name')).toBe('trained here');
    await page.getByRole('button', { name: 'Start training' }).click();
    await page.waitForURL(/\/training\/[\w-]+$/);
    await page.getByRole('heading', { name: 'Training of trained here' }).waitFor();
    await page.getByRole('img', { name: /^Accuracy over/ }).waitFor({ timeout: 120_000 });

    await page.goto('/new-transfer?attacks=[{"name":"fgsm","parameters":{"epsilon":"0.1"}}]&images=20');
    await choose(/^Sources/, 'small');
    await choose(/^Targets/, 'other');
    await page.getByRole('button', { name: 'Measure transfer' }).click();
    await page.waitForURL(/\/transfer/);

    await page.goto('/new-study?recipe=F2&seeds=0');
    await page.getByRole('button', { name: 'Start the study' }).click();
    await page.getByRole('alert').getByText('It was not started').waitFor();
    expectQuiet(watched);
    await page.context().close();
  });
});

describe('a data set', () => {
  it('is uploaded and looked at, or rejected with the reason', async () => {
    const watched = await openPage(browser, app.url);
    const { page } = watched;
    await signIn(page, app.firstToken!);
    const upload = async (name: string, buffer: Buffer) => {
      await page.goto('/upload-dataset');
      await page.locator('input[type=file]').setInputFiles(await tarOf('test_batch.bin', buffer));
      await page.getByRole('textbox', { name: /^Name\b(?!s)/ }).fill(name);
      await page.getByRole('combobox', { name: 'Format' }).click();
      await page.getByRole('option', { name: 'CIFAR-10, binary version' }).click();
      await page.getByRole('button', { name: 'Upload', exact: true }).click();
      await page.waitForURL(/\/datasets\/[\w-]+$/);
    };
    // Records of a label and 3072 values.
    const records = Buffer.concat(Array.from({ length: 12 }, (_, i) => Buffer.concat([Buffer.of(i % 10), Buffer.alloc(3072, i * 20)])));
    await upload('uploaded', records);
    await page.getByText('12 images of 32 × 32 × 3').waitFor({ timeout: 60_000 });
    await expect.poll(() => page.evaluate('document.querySelector("img.pixels").naturalWidth')).toBe(32);
    await upload('broken', records.subarray(0, 5000));
    await page.getByText('The upload was rejected').waitFor({ timeout: 60_000 });
    expectQuiet(watched);
    await page.context().close();
  });
});

describe('a list', () => {
  it('is sorted by its headings and filtered, and its address shows another the same', async () => {
    const watched = await openPage(browser, app.url);
    const { page } = watched;
    await signIn(page, app.firstToken!);
    await page.goto('/evaluations');
    const table = page.getByRole('region', { name: 'Evaluations' });
    await table.getByRole('button', { name: /Under attack/ }).click();
    await page.waitForURL(/order=most-robust/);
    await table.getByRole('button', { name: /Under attack/ }).click();
    await page.waitForURL(/order=least-robust/);
    await table.locator('th[aria-sort=ascending]', { hasText: 'Under attack' }).waitFor();
    await page.getByRole('combobox', { name: 'Norm' }).click();
    await page.getByRole('option', { name: 'L∞' }).click();
    await page.waitForURL(/norm=LINF/);
    await settled(page);
    const shown = () => table.locator('tbody tr td:nth-child(5)').allInnerTexts();
    const first = await shown();
    const values = first.map(parseFloat);
    expect(values.length).toBeGreaterThan(2);
    expect(values).toEqual(values.toSorted((a, b) => a - b));

    const colleague = await openPage(browser, app.url);
    await signIn(colleague.page, app.firstToken!);
    await colleague.page.goto(page.url());
    await settled(colleague.page);
    expect(await colleague.page.getByRole('region', { name: 'Evaluations' }).locator('tbody tr td:nth-child(5)').allInnerTexts()).toEqual(
      first,
    );
    await page.getByRole('combobox', { name: 'Norm' }).click();
    await page.getByRole('option', { name: 'L2' }).click();
    await page.getByText('No evaluation is like this').waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    await table.waitFor();
    expectQuiet(watched);
    await page.context().close();
    await colleague.page.context().close();
  });
});

describe('every page', () => {
  it.each(['light', 'dark'] as const)(
    'has no violation that axe finds, and asks no other origin for anything, in %s colours',
    async (colorScheme) => {
      const watched = await openPage(browser, app.url, { colorScheme, reducedMotion: 'reduce' });
      const { page } = watched;
      await signIn(page, app.firstToken!);
      const found: string[] = [];
      for (const [name, path] of Object.entries(await pagesOf(app.url, app.firstToken!))) {
        await page.goto(path);
        await settled(page);
        found.push(...(await violations(page)).map((violation) => `${name}: ${violation}`));
        const wide = (await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')) as boolean;
        if (wide) found.push(`${name}: wider than the window`);
      }
      expect(found.join('\n')).toBe('');
      expectQuiet(watched, /401|404/);
      await page.context().close();
    },
  );

  it('fits a narrow screen', async () => {
    const { page } = await openPage(browser, app.url, { viewport: { width: 360, height: 740 } });
    await signIn(page, app.firstToken!);
    const found: string[] = [];
    for (const [name, path] of Object.entries(await pagesOf(app.url, app.firstToken!))) {
      await page.goto(path);
      await settled(page);
      const width = (await page.evaluate('document.documentElement.scrollWidth')) as number;
      if (width > 360) found.push(`${name}: ${width} pixels wide`);
    }
    expect(found.join('\n')).toBe('');
    await page.context().close();
  });
});

describe('public reading', () => {
  it('shows a leaderboard to a visitor without a token, who may sign in', async () => {
    const open = await startTestApplication({ GAUNTLET_PUBLIC_READ: 'true' });
    try {
      const datasetId = await registerMnist(open.graphql);
      const modelId = await submitArchitecture(open.graphql, 'for everyone', undefined, 1, 'PUBLIC');
      const { jobIds } = await startEvaluation(open.graphql, {
        modelId,
        datasetId,
        attacks: [{ fgsm: { epsilon: 0.1 } }],
        sampleCount: 20,
      });
      await finished(open.graphql, jobIds[0]!);
      const watched = await openPage(browser, open.url);
      await watched.page.goto('/leaderboard');
      await watched.page.getByRole('link', { name: 'for everyone' }).waitFor();
      await watched.page.getByRole('link', { name: 'Sign in' }).waitFor();
      expectQuiet(watched);
      await watched.page.context().close();
    } finally {
      await open.close();
    }
  });
});

describe('the explorer', () => {
  it('answers a query with the session of the dashboard, offline', async () => {
    const watched = await openPage(browser, app.url);
    const { page } = watched;
    await signIn(page, app.firstToken!);
    await page.goto('/graphql');
    await page.waitForURL(/\/explorer$/);
    const answer = page.locator('.graphiql-response').getByText('"evaluations"');
    // The button is there before the editor has its query.
    await expect
      .poll(
        async () => {
          await page.getByRole('button', { name: /Execute query/ }).click();
          return answer.waitFor({ timeout: 5000 }).then(
            () => true,
            () => false,
          );
        },
        { timeout: 60_000 },
      )
      .toBe(true);
    expectQuiet(watched);
    await page.context().close();
  });
});

it.each(['/sign-in', '/', '/models', '/leaderboard'])('what %s loads first is at most 300 kB', async (path) => {
  const { page } = await openPage(browser, app.url);
  // The session alone: signing in by its page would load that before.
  if (path !== '/sign-in') {
    const response = await page.context().request.post('/session', { data: { token: app.firstToken }, headers: { origin: app.url } });
    expect(response.ok()).toBe(true);
  }
  await page.goto(path);
  await settled(page);
  // Packed. Charts are loaded when the first is shown.
  const bytes = (await page.evaluate(
    `performance.getEntriesByType("resource").filter(({ name }) => name.includes("/assets/") && !/vega|mouseTarget|monaco/.test(name))
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`,
  )) as number;
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThan(300_000);
  await page.context().close();
});
