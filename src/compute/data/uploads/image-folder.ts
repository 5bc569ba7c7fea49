/** A folder for each class, in it its pictures: ImageNet's layout. @module */
import { readFile } from 'node:fs/promises';
import { isPictureName, otherPictureKind } from './decode-picture.js';
import { namesOf } from './names.js';
import { ofSplit, partOfFolder } from './parts.js';
import { type Encoded, invalidAt, type UploadContent, type UploadedFile, type UploadFormat } from './types.js';

export const imageFolder: UploadFormat = {
  name: 'IMAGE_FOLDER',
  title: 'Folder of pictures',
  description:
    "A zip or tar of folders, one for each class, in them its pictures, at any depth: ImageNet's layout. Above them there may be folders `train` and `val` (or `test`), of which the split takes its own: `val` is the test split where there is no `test`. Classes are in the order of their names.",
  recognises: (files) => files.some(({ name }) => isPicture(name)),
  async open({ files, split }): Promise<UploadContent> {
    const pictures = files.filter(({ name }) => isPicture(name));
    const { placed, notes } = inSplit(withoutRoot(pictures.map((file) => ({ file, name: file.name }))), split);
    if (placed.length === 0) throw invalidAt('The upload', 'it has no pictures.');
    for (const { file, name } of placed)
      if (!name.includes('/'))
        throw invalidAt(file.name, 'the picture is in no folder of a class. Put each into the folder of its class, or add a labels.csv.');
    const others = files.filter(({ name }) => !isPicture(name));
    return {
      async *examples() {
        for (const { file, name } of placed)
          yield { at: file.name, label: name.slice(0, name.indexOf('/')), read: () => readPicture(file) };
      },
      notes: () =>
        others.length === 0
          ? notes
          : [...notes, `${others.length} files are no pictures by their names and were not read: ${namesOf(others)}.`],
    };
  },
};

/** Also of a kind that is not read: it is refused, rather than left out without a word. */
const isPicture = (name: string) => isPictureName(name) || otherPictureKind(name) !== undefined;

async function readPicture({ name, path }: UploadedFile): Promise<Encoded> {
  const kind = otherPictureKind(name);
  if (kind !== undefined) throw invalidAt(name, `files of ${kind} are not read. Save it as PNG, or leave it out.`);
  return { encoded: await readFile(path) };
}

interface Placed {
  readonly file: UploadedFile;
  /** Path below what is common to all. */
  readonly name: string;
}

const top = (name: string) => name.slice(0, name.indexOf('/') + 1);

/** Without folders that hold everything, as long as a folder is left for the class, and down to one called after a part of the data set. */
function withoutRoot(placed: readonly Placed[]): readonly Placed[] {
  const root = top(placed[0]?.name ?? '');
  if (root === '' || partOfTop(root) || !placed.every(({ name }) => name.startsWith(root))) return placed;
  const inner = below(placed);
  return inner.every(({ name }) => name.includes('/')) ? withoutRoot(inner) : placed;
}

const partOfTop = (name: string) => partOfFolder(name.slice(0, -1));

const below = (placed: readonly Placed[]) => placed.map(({ file, name }) => ({ file, name: name.slice(top(name).length) }));

/** Those of the split, without its folder. */
function inSplit(placed: readonly Placed[], split: 'train' | 'test'): { placed: readonly Placed[]; notes: readonly string[] } {
  const tops = [...new Set(placed.map(({ name }) => top(name)))];
  const parts = tops.filter(partOfTop);
  if (tops.length === 0 || parts.length < tops.length) {
    checkOthers(tops, parts);
    return { placed, notes: [] };
  }
  const { files, notes } = ofSplit(
    tops.map((name) => ({ name: name.slice(0, -1) })),
    split,
  );
  const wanted = new Set(files.map(({ name }) => `${name}/`));
  const own = below(placed.filter(({ name }) => wanted.has(top(name))));
  return { placed: tops.length === 1 ? withoutRoot(own) : own, notes };
}

/** @throws ComputeError INVALID_DATASET for folders beside those of a training and a test set, all of which would be classes. */
function checkOthers(tops: readonly string[], parts: readonly string[]): void {
  const others = tops.filter((name) => name !== '' && !parts.includes(name));
  if (others.length === 0 || new Set(parts.map(partOfTop)).size < 2) return;
  throw invalidAt(
    'The upload',
    `beside ${parts.join(' and ')} it has ${others.slice(0, 5).join(', ')}. Leave out what belongs to no part, or all folders of parts.`,
  );
}
