/** A real Chromium on a real server: what it loads, what it complains of, and what axe finds. */
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

export interface Watched {
  readonly page: Page;
  /** Addresses of other origins that the page asked for. */
  readonly foreign: string[];
  /** Errors of the console, violations of the content security policy among them. */
  readonly complaints: string[];
}

/** The browser of scripts/with-chromium.sh. */
export function openBrowser(): Promise<Browser> {
  const executablePath = process.env['GAUNTLET_TEST_CHROMIUM'];
  if (!executablePath) throw new Error('Run this by scripts/with-chromium.sh, which says where Chromium is.');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
}

/** A page in a profile of its own. */
export async function openPage(browser: Browser, origin: string, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ baseURL: origin, ...options });
  const page = await context.newPage();
  const [foreign, complaints]: [string[], string[]] = [[], []];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && url.protocol !== 'data:' && url.protocol !== 'blob:') foreign.push(request.url());
  });
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).host !== new URL(origin).host) foreign.push(socket.url());
  });
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { page, foreign, complaints };
}

/** Waits until nothing is loading: no skeleton, and every chart drawn. */
export async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle');
  // The code of a page may have arrived, and not yet what it shows.
  await page.locator('h1, h2').first().waitFor();
  await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
}

const axe = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds on the page as it is shown: rule, and the elements that break it. */
export async function violations(page: Page): Promise<string[]> {
  // Evaluated by the debugger, which the page's policy does not bind.
  await page.evaluate(await axe);
  const found = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as {
    violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[];
  };
  return found.violations.map(
    ({ id, help, nodes }) =>
      `${id} (${help}): ${nodes
        .slice(0, 3)
        .map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary ?? ''}`)
        .join(' | ')}`,
  );
}

/** Goes to another page after the session has ended, which leads to the sign-in. A page that reads by itself may have led there before: then there is nothing to click on. */
export async function ledToSignIn(page: Page): Promise<void> {
  const led = page.waitForURL(/\/sign-in\?next=/);
  page
    .getByRole('link', { name: 'Models' })
    .first()
    .click()
    .catch(() => undefined);
  await led;
}

/** Signs in with a token by the page for it; the one that is shown, or else one that leads to the overview. @param next where that leads. */
export async function signIn(page: Page, token: string, next?: RegExp): Promise<void> {
  if (!next) await page.goto('/sign-in');
  await page.getByLabel(/^Token/).fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(next ?? ((url) => url.pathname === '/'));
  await page.getByRole('heading', { level: 1 }).waitFor();
}
