/**
 * Writes the generated pages of the documentation: `npm run docs:generate`. With `--check` it writes nothing, and fails where one is stale.
 * @module
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pages } from './pages/registry.js';
import { render } from './render.js';

const isCheck = process.argv.includes('--check');
const stale: string[] = [];
for (const page of pages) {
  const path = join('docs', page.file);
  const text = await render(page);
  if (text === (await readFile(path, 'utf8').catch(() => undefined))) continue;
  stale.push(path);
  if (isCheck) continue;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
if (isCheck && stale.length > 0) {
  console.error(`Stale: ${stale.join(', ')}. Run npm run docs:generate.`);
  process.exitCode = 1;
} else console.log(isCheck ? `${pages.length} generated pages are up to date.` : `${stale.length} of ${pages.length} pages changed.`);
