/** Writes the generated pages of the documentation: `npm run docs:generate`. A test fails where one is stale. @module */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pages } from './pages/registry.js';
import { render } from './render.js';

let changed = 0;
for (const page of pages) {
  const path = join('docs', page.file);
  const text = await render(page);
  if (text === (await readFile(path, 'utf8').catch(() => undefined))) continue;
  changed++;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
console.log(`${changed} of ${pages.length} pages changed.`);
