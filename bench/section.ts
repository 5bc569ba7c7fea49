/** Files of documentation of which commands write one section each. @module */
import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';

/** The text of the section `## title` with its heading; empty where there is none. */
export async function readSection(path: string, title: string): Promise<string> {
  const whole = await readFile(path, 'utf8');
  const start = whole.indexOf(`## ${title}\n`);
  if (start < 0) return '';
  const after = whole.indexOf('\n## ', start);
  return whole.slice(start, after < 0 ? undefined : after).trim();
}

/** Puts `content` below the heading `## title`, in the place of what was there until the next heading; a heading that is missing comes last. */
export async function writeSection(path: string, title: string, content: string): Promise<void> {
  const whole = await readFile(path, 'utf8');
  const heading = `## ${title}\n`;
  const start = whole.includes(heading) ? whole.indexOf(heading) : whole.length;
  const after = whole.indexOf('\n## ', start + heading.length);
  const parts = [whole.slice(0, start).trimEnd(), `${heading}\n${content}`, after < 0 ? '' : whole.slice(after + 1)];
  await writeFile(path, await format(parts.join('\n\n'), { parser: 'markdown', ...(await resolveConfig(path)) }));
}
