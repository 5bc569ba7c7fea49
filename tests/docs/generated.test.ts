import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pages } from '../../scripts/docs/pages/registry.js';
import { render } from '../../scripts/docs/render.js';

describe('the reference pages', () => {
  it.each(pages.map((page) => [page.file, page] as const))('%s is what the code says', async (file, page) => {
    const committed = await readFile(join('docs', file), 'utf8');
    expect(committed, `docs/${file} is stale: run \`npm run docs:generate\``).toBe(await render(page));
  });
});
