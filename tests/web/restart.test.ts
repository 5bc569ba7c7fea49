/** A page that is open while its server is away. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { graphqlClient } from '../server/support/client.js';
import { createTestDatabase } from '../server/support/database.js';
import { submitArchitecture } from '../server/support/operations.js';
import { startProcess } from '../server/support/process.js';
import { storeVariables } from '../server/support/store.js';
import { openBrowser, openPage, signIn } from './browser.js';

it('a page says that the server is away, and goes on by itself when it is back, signed in', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'gauntlet-restart-'));
  const [database, browser] = await Promise.all([createTestDatabase(directory), openBrowser()]);
  const variables = { GAUNTLET_DATA_DIR: directory, DATABASE_URL: database.url, GAUNTLET_THREADS: '1', ...storeVariables() };
  let server = await startProcess('server.js', variables);
  try {
    const { url, token } = server;
    const { page, complaints, foreign } = await openPage(browser, url);
    await signIn(page, token);
    await page.goto('/jobs');
    await page.getByText('There is no job yet').waitFor({ timeout: 120_000 });
    await page.evaluate('window.sameDocument = true');

    await server.kill('SIGKILL');
    // The list is read every few seconds.
    await page.getByRole('alert').getByText('The server does not answer').waitFor({ timeout: 60_000 });
    await page.getByText('There is no job yet').waitFor();

    server = await startProcess('server.js', { ...variables, GAUNTLET_PORT: new URL(url).port });
    await submitArchitecture(graphqlClient(`${url}/graphql`, `Bearer ${token}`), 'after the restart');
    await page.getByRole('region', { name: 'Jobs' }).getByText('after the restart').waitFor({ timeout: 60_000 });
    await page.getByRole('alert').waitFor({ state: 'detached' });
    // Jobs are followed over the socket again.
    await page.getByRole('region', { name: 'Jobs' }).getByText('finished', { exact: true }).waitFor({ timeout: 120_000 });
    expect(await page.evaluate('window.sameDocument')).toBe(true);
    expect(foreign).toEqual([]);
    expect(
      complaints.filter((complaint) => !/401|ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket/.test(complaint)),
    ).toEqual([]);
  } finally {
    await browser.close();
    await server.kill('SIGKILL');
    await database.drop();
    await rm(directory, { recursive: true, force: true });
  }
});
