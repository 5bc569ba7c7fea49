import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startTestApplication } from '../server/support/application.js';
import { finished, registerMnist, startEvaluation, submitArchitecture } from '../server/support/operations.js';
import { openBrowser, openPage } from './browser.js';

it('examples/dashboard shows a leaderboard that moves, and images, from another origin', async () => {
  const html = await readFile(join(import.meta.dirname, '../../../examples/dashboard/index.html'));
  const pages = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(html));
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
  const app = await startTestApplication({ GAUNTLET_CORS_ORIGINS: origin });
  const browser = await openBrowser();
  try {
    const datasetId = await registerMnist(app.graphql);
    const evaluate = async (name: string, seed: number) => {
      const modelId = await submitArchitecture(app.graphql, name, undefined, seed);
      const request = { modelId, datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount: 20, keepImages: true };
      const { jobIds } = await startEvaluation(app.graphql, request);
      await finished(app.graphql, jobIds[0]!);
    };
    await evaluate('first', 1);
    const { page, complaints } = await openPage(browser, origin);
    await page.goto('/');
    await page.getByLabel('Server').fill(app.url);
    await page.getByLabel('Token').fill(app.firstToken!);
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByRole('cell', { name: 'first' }).waitFor();
    await page.getByAltText('adversarial image').first().waitFor();
    await expect.poll(() => page.evaluate('document.querySelector("img").naturalWidth')).toBe(28);
    await evaluate('second', 2);
    await page.getByRole('cell', { name: 'second' }).waitFor();
    expect(complaints.filter((complaint) => !/404/.test(complaint))).toEqual([]);
  } finally {
    await browser.close();
    await app.close();
    pages.close();
  }
});
