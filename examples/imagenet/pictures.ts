/** Pictures of ImageNet in its layout, by links. @module */
import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const CLASSES = 1000;
/** Such as `n01440764_tench.JPEG`. */
const OF_CLASS = /^(n\d{8})[_.].*\.(jpe?g|png)$/i;

interface PictureOfClass {
  readonly synset: string;
  readonly path: string;
}

/**
 * Links `count` pictures, spread over the classes, to `folder` in ImageNet's layout, with a folder for each class: labels are the places of the classes.
 * @returns how many there are.
 * @throws Error where there are not 1000 classes.
 */
export async function linkPictures(from: string, folder: string, count: number): Promise<number> {
  const all = await picturesIn(resolve(from));
  const synsets = [...new Set(all.map(({ synset }) => synset))].sort();
  if (synsets.length !== CLASSES) throw new Error(`${from} has pictures of ${synsets.length} classes, and the networks know ${CLASSES}.`);
  for (const synset of synsets) await mkdir(join(folder, 'val', synset), { recursive: true });
  const chosen = all.filter((_, i) => Math.floor((i * count) / all.length) !== Math.floor(((i - 1) * count) / all.length));
  for (const [i, { synset, path }] of chosen.entries())
    await symlink(path, join(folder, 'val', synset, `${i}${path.slice(path.lastIndexOf('.'))}`));
  return chosen.length;
}

/** By class, then by name. */
async function picturesIn(from: string): Promise<PictureOfClass[]> {
  const names = (await readdir(from)).sort();
  const flat = names.flatMap((name) => {
    const synset = OF_CLASS.exec(name)?.[1];
    return synset ? [{ synset, path: join(from, name) }] : [];
  });
  if (flat.length > 0) return flat;
  const root = names.includes('val') ? join(from, 'val') : from;
  const classes = (await readdir(root, { withFileTypes: true })).filter((entry) => entry.isDirectory() && /^n\d{8}$/.test(entry.name));
  const ofClasses = classes
    .map(({ name }) => name)
    .sort()
    .map(async (synset) => (await readdir(join(root, synset))).sort().map((name) => ({ synset, path: join(root, synset, name) })));
  return (await Promise.all(ofClasses)).flat();
}
