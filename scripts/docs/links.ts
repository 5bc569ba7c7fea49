/**
 * Checks the relative links of every Markdown file: the file exists, and so does the heading. `npm run docs:links`.
 * Addresses of other sites are not called: what they answer says nothing about a change here.
 * @module
 */
import { existsSync, statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { slug } from './slug.js';

const FOLDERS = ['docs', '.github', '.changeset'];

async function markdownFiles(): Promise<string[]> {
  const nested = await Promise.all(
    FOLDERS.filter((folder) => existsSync(folder)).map(async (folder) =>
      (await readdir(folder, { recursive: true })).map((file) => join(folder, file)),
    ),
  );
  return [...(await readdir('.')), ...nested.flat()].filter((file) => file.endsWith('.md') && !/node_modules|\/dist\//.test(file));
}

const withoutCode = (text: string) => text.replaceAll(/```[\s\S]*?```/g, '');

/** Anchors of a page: its headings, numbered where they repeat, and its `<a id>`. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set([...text.matchAll(/<a id="([^"]+)"/g)].map(([, id]) => id!));
  for (const [, heading] of withoutCode(text).matchAll(/^#{1,6} (.+)$/gm)) {
    const base = slug(heading!.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1'));
    let anchor = base;
    for (let i = 1; anchors.has(anchor); i++) anchor = `${base}-${i}`;
    anchors.add(anchor);
  }
  return anchors;
}

const files = await markdownFiles();
const texts = new Map(
  await Promise.all(files.map(async (file): Promise<[string, string]> => [normalize(file), await readFile(file, 'utf8')])),
);
const broken: string[] = [];
let count = 0;
for (const [file, text] of texts) {
  for (const [, target] of withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/i.test(target!)) continue;
    count++;
    const [path, anchor] = target!.split('#') as [string, string | undefined];
    const page = path ? normalize(join(dirname(file), decodeURI(path))) : file;
    if (!existsSync(page)) broken.push(`${file}: ${target} does not exist`);
    else if (anchor && statSync(page).isFile() && !anchorsOf(texts.get(page) ?? '').has(anchor))
      broken.push(`${file}: ${target} has no such heading`);
  }
}
for (const link of broken) console.error(link);
if (broken.length) process.exitCode = 1;
else console.log(`${count} links in ${texts.size} files are good.`);
