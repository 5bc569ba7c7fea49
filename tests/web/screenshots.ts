/**
 * Pictures of every page, light and dark, wide and narrow, of a server that runs:
 * `bash scripts/with-chromium.sh node dist/tests/web/screenshots.js --url http://127.0.0.1:4000 --out FOLDER [--only evaluation,models] [--axe]`
 * with the token in GAUNTLET_TOKEN.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openBrowser, openPage, settled, signIn, violations } from './browser.js';
import { pagesOf } from './pages.js';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:4000' },
    out: { type: 'string' },
    only: { type: 'string' },
    axe: { type: 'boolean', default: false },
    shapes: { type: 'string', default: 'wide-light,wide-dark,narrow-light,narrow-dark' },
  },
});
if (!values.out) throw new Error('Say where the pictures go: --out FOLDER.');
const out = values.out;
await mkdir(out, { recursive: true });

const SIZES = { wide: { width: 1440, height: 900 }, narrow: { width: 360, height: 780 } };

const browser = await openBrowser();
try {
  const token = process.env['GAUNTLET_TOKEN'] ?? '';
  const all = await pagesOf(values.url, token);
  const pages = Object.entries(all).filter(([name]) => !values.only || values.only.split(',').includes(name));
  for (const shape of values.shapes.split(',')) {
    const [size, scheme] = shape.split('-') as ['wide' | 'narrow', 'light' | 'dark'];
    const { page, foreign, complaints } = await openPage(browser, values.url, { viewport: SIZES[size], colorScheme: scheme });
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await signIn(page, token);
    for (const [name, path] of pages) {
      await page.goto(path);
      await settled(page).catch((error: unknown) => console.log(`${name}: ${String(error).split('\n')[0]}`));
      await page.screenshot({ path: join(out, `${name}-${shape}.png`), fullPage: true });
      if (values.axe) for (const violation of await violations(page)) console.log(`${name} ${shape}: ${violation}`);
      for (const complaint of complaints.splice(0)) console.log(`${name} ${shape}: ${complaint}`);
      for (const address of foreign.splice(0)) console.log(`${name} ${shape}: asked for ${address}`);
    }
    await page.context().close();
  }
} finally {
  await browser.close();
}
