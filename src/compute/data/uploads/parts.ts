/** The parts of an upload, training, validation and test set, by the names of its files and folders. @module */
import type { DatasetSplit } from '../types.js';
import { baseName, namesOf } from './names.js';
import { invalidAt } from './types.js';

type Part = 'train' | 'validation' | 'test';

const WORDS: Readonly<Record<Part, string>> = {
  train: 'train|training',
  validation: 'val|valid|validation|dev|eval',
  test: 'test|testing|t10k',
};
const PARTS = Object.keys(WORDS) as Part[];

/** Parts of each split; the second only where there is none of the first. */
const OF_SPLIT: Readonly<Record<DatasetSplit, readonly Part[]>> = { train: ['train'], test: ['test', 'validation'] };

const within = Object.fromEntries(PARTS.map((part) => [part, new RegExp(`(^|[^a-z])(${WORDS[part]})([^a-z]|$)`, 'i')]));
const whole = Object.fromEntries(PARTS.map((part) => [part, new RegExp(`^(${WORDS[part]})$`, 'i')]));

/** The part that a folder is called after, and nothing else. */
export const partOfFolder = (folder: string): Part | undefined => PARTS.find((part) => whole[part]!.test(folder));

/** Parts that the name of a file says; where it says none, the innermost folder that is called after one. */
function partsOf(name: string): readonly Part[] {
  const said = PARTS.filter((part) => within[part]!.test(baseName(name)));
  if (said.length > 0) return said;
  const folder = name.split('/').slice(0, -1).reverse().find(partOfFolder);
  return folder === undefined ? [] : [partOfFolder(folder)!];
}

/** Files of a split, and what to say about it where others may have been meant. */
interface Taken<File> {
  readonly files: readonly File[];
  readonly notes: readonly string[];
}

/**
 * Those of a split, where names say what they are of; else those whose names say nothing. Validation files are of the test split where there are no test files.
 * @throws ComputeError INVALID_DATASET where all are of the other split.
 */
export function ofSplit<File extends { readonly name: string }>(files: readonly File[], split: DatasetSplit): Taken<File> {
  const named = files.map((file) => ({ file, parts: partsOf(file.name) }));
  const part = OF_SPLIT[split].find((own) => named.some(({ parts }) => parts.includes(own)));
  const taken = named.filter(({ parts }) => (part ? parts.includes(part) : parts.length === 0)).map(({ file }) => file);
  if (taken.length === 0 && files.length > 0) throw noneOf(files, split);
  const others = OF_SPLIT[split === 'train' ? 'test' : 'train'];
  const left = named.filter(
    ({ file, parts }) => !taken.includes(file) && !(parts.length > 0 && parts.every((one) => others.includes(one))),
  );
  if (left.length === 0 && part !== 'validation') return { files: taken, notes: [] };
  const read = `Of the split ${split.toUpperCase()} was read: ${namesOf(taken)}`;
  return {
    files: taken,
    notes: [left.length === 0 ? `${read}; there is no test set.` : `${read}; not read: ${namesOf(left.map(({ file }) => file))}.`],
  };
}

function noneOf(files: readonly { readonly name: string }[], split: DatasetSplit) {
  const other = split === 'train' ? 'test' : 'train';
  return invalidAt(
    'The upload',
    `it has nothing of the split ${split.toUpperCase()}; there is: ${namesOf(files)}. Give \`split: ${other.toUpperCase()}\`, or call files or folders ${OF_SPLIT[split].map((part) => `\`${part}\``).join(' or ')}.`,
  );
}

/** @throws ComputeError INVALID_DATASET where names say that the labels are of another part than the images. */
export function checkSamePart(images: { readonly name: string }, labels: { readonly name: string }): void {
  const [own, others] = [partsOf(images.name), partsOf(labels.name)];
  if (own.length === 0 || others.length === 0 || own.some((part) => others.includes(part))) return;
  throw invalidAt(
    labels.name,
    `it has the labels of ${others.join(' and ')}, ${images.name} the images of ${own.join(' and ')}. Upload both of one part.`,
  );
}
