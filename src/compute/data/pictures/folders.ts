/** Folders of pictures, one for each class, found as torchvision's `ImageFolder` finds them. @module */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { ComputeError } from '../../errors.js';
import { PICTURE_EXTENSIONS } from './read.js';

export interface ClassFolder {
  readonly name: string;
  /** The folder and those in it, at any depth, in the order of their paths. */
  readonly folders: readonly string[];
}

/**
 * The classes, in the order of Python's `sorted`. Links are followed, as the folder belongs to whoever runs the server. Folders whose names begin with a
 * dot, such as `.ipynb_checkpoints`, hold no examples.
 * @returns none where there is no such folder.
 * @throws ComputeError INVALID_DATASET for a folder that cannot be read.
 */
export async function classFolders(split: string): Promise<ClassFolder[]> {
  if (!(await leadsToFolder(split))) return [];
  const classes = await foldersIn(split);
  return Promise.all(classes.map(async (folder) => ({ name: basename(folder), folders: (await withInner(folder, [])).sort(byCodePoint) })));
}

/** Classes of the folders that {@link classFolders} found, in order. */
export function groupByClass(folders: readonly string[]): ClassFolder[] {
  const split = dirname(folders[0] ?? '');
  const classes: { name: string; folders: string[] }[] = [];
  for (const folder of folders) {
    if (dirname(folder) === split) classes.push({ name: basename(folder), folders: [folder] });
    else classes.at(-1)!.folders.push(folder);
  }
  return classes;
}

export interface PictureFile {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
}

/** Pictures in a folder, without those in folders below it, in order. Links that lead nowhere are left out. */
export async function picturesIn(folder: string): Promise<PictureFile[]> {
  const isPicture = ({ name }: Dirent) => PICTURE_EXTENSIONS.includes(extname(name).toLowerCase());
  const paths = (await entriesOf(folder)).filter(isPicture).map(({ name }) => join(folder, name));
  const found = await Promise.all(paths.sort(byCodePoint).map(async (path) => ({ path, file: await stat(path).catch(() => undefined) })));
  return found.flatMap(({ path, file }) => (file?.isFile() ? [{ path, size: file.size }] : []));
}

/** A folder and all below it. @param around real paths of the folders that it lies in: a link to one of them would lead in a circle. */
async function withInner(folder: string, around: readonly string[]): Promise<string[]> {
  const real = await realpath(folder);
  if (around.includes(real)) return [];
  const inner = await foldersIn(folder);
  const below = await Promise.all(inner.map((each) => withInner(each, [...around, real])));
  return [folder, ...below.flat()];
}

interface Listed {
  readonly stamp: string;
  readonly folders: readonly string[];
}

/** Folders in folders, which are looked at before each part of a job: reading the names of a million pictures takes seconds. */
const listed = new LRUCache<string, Listed>({ max: 100_000 });

/** Clocks of file systems tick slower than folders can change. */
const SETTLED_AFTER_MS = 2000;

async function foldersIn(folder: string): Promise<readonly string[]> {
  const { ino, mtimeNs, mtimeMs } = await stat(folder, { bigint: true });
  const stamp = `${ino}:${mtimeNs}`;
  const known = listed.get(folder);
  if (known?.stamp === stamp) return known.folders;
  const folders = await readFolders(folder);
  if (Date.now() - Number(mtimeMs) > SETTLED_AFTER_MS) listed.set(folder, { stamp, folders });
  return folders;
}

async function readFolders(folder: string): Promise<string[]> {
  const candidates = (await entriesOf(folder)).filter((entry) => entry.isDirectory() || entry.isSymbolicLink());
  const isFolder = await Promise.all(candidates.map((entry) => entry.isDirectory() || leadsToFolder(join(folder, entry.name))));
  return candidates
    .filter((_, i) => isFolder[i])
    .map(({ name }) => join(folder, name))
    .sort(byCodePoint);
}

/** Without hidden ones. */
async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));
  } catch (error) {
    const what = `Cannot read the folder ${folder}: ${(error as Error).message}. Check that the server may read it.`;
    throw new ComputeError('INVALID_DATASET', what, [folder], { cause: error });
  }
}

/** False for a link that leads nowhere. */
async function leadsToFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ?? false;
}

/** Python compares texts by code points; JavaScript by code units, which differ for characters above U+FFFF. */
function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
