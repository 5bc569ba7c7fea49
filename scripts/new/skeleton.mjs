/** What the skeletons share: names, and a line more in a registry. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export function fail(message) {
  console.error(message);
  process.exit(1);
}

/** @param name in lower case with hyphens, such as my-attack. @returns the same as an identifier and as a constant, or null. */
export function namesOf(name) {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name ?? '')) return null;
  const words = name.split('-');
  const member = words.map((word, i) => (i ? word[0].toUpperCase() + word.slice(1) : word)).join('');
  try {
    new Function(`const ${member} = 0;`);
  } catch {
    fail(`${member} is a word of JavaScript; give another name.`);
  }
  return { member, constant: words.join('_').toUpperCase() };
}

/** Writes files of these paths, all or none. @param files text by path, relative to the root. */
export function writeFiles(files) {
  for (const path of Object.keys(files)) if (existsSync(join(root, path))) fail(`${path} exists.`);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

/**
 * Adds an import after the others, and an entry at the end of a list.
 * @param path of the registry. @param opening where the list begins. @param closing how it ends, at the start of a line.
 */
export function register(path, importLine, entry, { opening, closing }) {
  const text = readFileSync(join(root, path), 'utf8');
  if (text.includes(importLine)) fail(`${path} has it already.`);
  const endOfImports = text.indexOf('\n', text.lastIndexOf('\nimport ') + 1) + 1;
  const endOfList = text.indexOf(`\n${closing}`, text.indexOf(opening)) + 1;
  if (endOfImports === 0 || endOfList === 0) fail(`${path} has changed its shape; correct this script.`);
  writeFileSync(
    join(root, path),
    `${text.slice(0, endOfImports)}${importLine}\n${text.slice(endOfImports, endOfList)}${entry}\n${text.slice(endOfList)}`,
  );
}
