import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApplication, type TestApplication } from '../server/support/application.js';
import { finished, registerMnist, startEvaluation, submitArchitecture } from '../server/support/operations.js';
import { openBrowser, openPage, settled, signIn, violations, type Watched } from './browser.js';
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
    expectQuiet(watched);
    await page.context().close();
  });

  it('whose token is revoked is asked to sign in again', async () => {
    const { secret, token } = await app.services.tokens.create({ name: 'leaver', role: 'VIEWER' });
    const watched = await openPage(browser, app.url);
    await signIn(watched.page, secret);
    await app.services.tokens.revoke(token.id);
    await watched.page.getByRole('link', { name: 'Models' }).first().click();
    await watched.page.waitForURL(/\/sign-in\?next=/);
    expectQuiet(watched);
    await watched.page.context().close();
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

it('what is loaded first is at most 300 kB', async () => {
  const { page } = await openPage(browser, app.url);
  await page.goto('/sign-in');
  await settled(page);
  const bytes = (await page.evaluate(
    'performance.getEntriesByType("resource").reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)',
  )) as number;
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThan(300_000);
  await page.context().close();
});
