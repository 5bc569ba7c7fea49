/** The text of a generated page, as it is committed. @module */
import { format, resolveConfig } from 'prettier';
import type { GeneratedPage } from './page.js';

export async function render(page: GeneratedPage): Promise<string> {
  const notice = `<!-- Generated from ${page.source} by \`npm run docs:generate\`. Do not edit. -->`;
  const style = await resolveConfig('docs/page.md');
  return format(`${notice}\n\n${await page.render()}\n`, { ...style, parser: 'markdown' });
}
