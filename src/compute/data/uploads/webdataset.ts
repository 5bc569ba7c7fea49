/** WebDataset's shards: tar files in which files of one name and different ends are one example (github.com/webdataset/webdataset). @module */
import { readFile } from 'node:fs/promises';
import { isPictureName } from './decode-picture.js';
import { classNamesFile, readText } from './files.js';
import { baseName } from './names.js';
import { ofSplit } from './parts.js';
import { invalidAt, type UploadContent, type UploadedFile, type UploadFormat } from './types.js';

const LABEL_ENDS = /\.(cls|cls\.txt)$/i;
const JSON_LABELS = ['label', 'cls', 'class'];

export const webdataset: UploadFormat = {
  name: 'WEBDATASET',
  title: 'WebDataset',
  description:
    'A tar, or a zip or tar of several (shards): for each example a picture (`000.jpg`) and its class beside it (`000.cls`, a number, or `000.json` with `label`). Examples are in the order of shards and names.',
  recognises: (files) =>
    files.some(({ name }) => LABEL_ENDS.test(name)) || keysOf(files, isJson).some((key) => pictureKeys(files).has(key)),
  async open(upload): Promise<UploadContent> {
    // What was unpacked from a shard lies in a folder of its name.
    const shards = new Set(upload.files.map(({ name }) => name.slice(0, name.indexOf('.tar/') + 4)));
    const { files: taken, notes } = ofSplit(shards.size > 1 ? [...shards].map((name) => ({ name })) : [], upload.split);
    const wanted = shards.size > 1 ? new Set(taken.map(({ name }) => name)) : shards;
    const files = upload.files.filter(({ name }) => wanted.has(name.slice(0, name.indexOf('.tar/') + 4)));
    const examples = new Map<string, { picture?: UploadedFile; label?: UploadedFile }>();
    for (const file of files) {
      const key = keyOf(file.name);
      const example = examples.get(key) ?? {};
      examples.set(key, example);
      if (LABEL_ENDS.test(file.name)) example.label = file;
      else if (isJson(file.name)) example.label ??= file;
      else if (isPictureName(file.name)) {
        if (example.picture)
          throw invalidAt(file.name, `the example ${baseName(key)} has two pictures, ${baseName(example.picture.name)} too.`);
        example.picture = file;
      } else if (!/\.txt$/i.test(file.name)) throw invalidAt(file.name, `the file is neither a picture nor a label (.cls, .json).`);
    }
    return {
      classNames: await classNamesFile(upload.files),
      async *examples() {
        for (const [key, { picture, label }] of examples) {
          // Such as a list of class names.
          if (!picture && !label) continue;
          if (!picture) throw invalidAt(label!.name, `the example ${baseName(key)} has a label and no picture.`);
          if (!label) throw invalidAt(picture.name, `the example ${baseName(key)} has no label: add ${baseName(key)}.cls.`);
          yield { at: picture.name, label: await labelOf(label), read: async () => ({ encoded: await readFile(picture.path) }) };
        }
      },
      notes: () => notes,
    };
  },
};

const isJson = (name: string) => /\.json$/i.test(name);

/** Up to the first dot of the last part of the path. */
const keyOf = (name: string) => name.slice(0, name.lastIndexOf('/') + 1) + baseName(name).replace(/\..*$/, '');

const keysOf = (files: readonly UploadedFile[], is: (name: string) => boolean) =>
  files.flatMap(({ name }) => (is(name) ? [keyOf(name)] : []));

const pictureKeys = (files: readonly UploadedFile[]) => new Set(keysOf(files, isPictureName));

async function labelOf(file: UploadedFile): Promise<number | string> {
  const text = (await readText(file)).trim();
  if (!isJson(file.name)) return readLabel(file, text);
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch (error) {
    throw invalidAt(file.name, `it is no JSON: ${(error as Error).message}.`, error);
  }
  const name = JSON_LABELS.find((key) => values !== null && typeof values === 'object' && Object.hasOwn(values, key));
  if (name === undefined) throw invalidAt(file.name, `it has none of ${JSON_LABELS.join(', ')}.`);
  return readLabel(file, String((values as Record<string, unknown>)[name]));
}

function readLabel({ name }: UploadedFile, text: string): number | string {
  if (text === '') throw invalidAt(name, 'the label is empty.');
  return /^-?\d+$/.test(text) ? Number(text) : text;
}
