/** Pictures in a folder, and a table of their labels. @module */
import { readFile } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { isPictureName } from './decode-picture.js';
import { classNamesFile, textOf, theOne } from './files.js';
import { baseName, namesOf } from './names.js';
import { ofSplit } from './parts.js';
import { invalidAt, type Upload, type UploadContent, type UploadedFile, type UploadFormat } from './types.js';

const TABLE = /\.csv$/i;
const FILE_COLUMNS = ['file', 'filename', 'file_name', 'image', 'path'];
const GROUP_COLUMN = 'group';
const LABEL_COLUMNS = ['label', 'class', 'target', 'class_name'];

interface Row {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

export const labelsCsv: UploadFormat = {
  name: 'LABELS_CSV',
  title: 'Pictures and labels.csv',
  description:
    'A zip or tar with a folder of pictures, such as `images`, and `labels.csv`: a first line with the names of the columns, `file` (the path of a picture) and `label` (the number or the name of its class), then a line for each picture, in the order that examples get. A column `group` names the subgroup of each, such as a hospital, by which accuracy is counted too.',
  recognises: (files) => files.some(({ name }) => TABLE.test(name)),
  async open(upload): Promise<UploadContent> {
    const { file: table, notes } = tableOf(upload);
    const isOnly = upload.files.filter(({ name }) => TABLE.test(name)).length === 1;
    const seen = new Set<string>();
    const files = new Map(upload.files.map((file) => [file.name, file]));
    const folder = table.name.slice(0, table.name.lastIndexOf('/') + 1);
    const find = (name: string) => [name, `${folder}${name}`, `${folder}images/${name}`].map((path) => files.get(path)).find(Boolean);
    return {
      classNames: await classNamesFile(upload.files),
      async *examples() {
        seen.clear();
        for await (const { record, info } of rowsOf(table)) {
          const at = `${table.name}, line ${info.lines}`;
          const [file, label] = [cell(record, FILE_COLUMNS, table, at), cell(record, LABEL_COLUMNS, table, at)];
          const picture = find(file.replace(/^\.\//, ''));
          if (!picture) throw invalidAt(at, `the upload has no file ${JSON.stringify(file)}.`);
          if (seen.has(picture.name)) throw invalidAt(at, `the picture ${JSON.stringify(file)} has a label already. Name each once.`);
          seen.add(picture.name);
          const read = async () => ({ encoded: await readFile(picture.path) });
          const group = GROUP_COLUMN in record ? cell(record, [GROUP_COLUMN], table, at) : undefined;
          yield { at: `${at} (${picture.name})`, label: /^\d+$/.test(label) ? Number(label) : label, group, read };
        }
      },
      notes() {
        // With a table for each part, those of the other are no surprise.
        const left = isOnly ? upload.files.filter(({ name }) => isPictureName(name) && !seen.has(name)) : [];
        return left.length === 0
          ? notes
          : [...notes, `${left.length} pictures are not in ${table.name} and were not read: ${namesOf(left)}.`];
      },
    };
  },
};

function tableOf(upload: Upload): ReturnType<typeof theOne> {
  const tables = upload.files.filter(({ name }) => TABLE.test(name));
  const { files, notes } = ofSplit(
    tables.filter(({ name }) => /^labels\.csv$/i.test(baseName(name))),
    upload.split,
  );
  return files.length === 1 ? { file: files[0]!, notes } : theOne(upload, TABLE, 'labels (labels.csv)');
}

async function* rowsOf(table: UploadedFile): AsyncGenerator<Row> {
  const pieces = textOf(table);
  const { value: first = '' } = (await pieces.next()) as { value?: string };
  const text = async function* () {
    yield first;
    yield* pieces;
  };
  const parser = parse({
    columns: (header: string[]) => header.map((name) => name.trim().toLowerCase()),
    delimiter: delimiterOf(first),
    info: true,
    bom: true,
    trim: true,
    max_record_size: 65_536,
  });
  // What fails is thrown by the parser.
  pipeline(Readable.from(text()), parser, () => undefined);
  try {
    for await (const row of parser) yield row as Row;
  } catch (error) {
    if ((error as Error).name !== 'CsvError' && !(error as { code?: string }).code?.startsWith('CSV_')) throw error;
    throw invalidAt(table.name, `it is no table of comma-separated values: ${(error as Error).message.replace(/\.$/, '')}.`, error);
  }
}

/** Excel writes semicolons where decimals have commas. @param text that begins with the names of the columns. */
function delimiterOf(text: string): string {
  const header = text.split(/\r?\n/, 1)[0]!;
  return header.includes(',') ? ',' : ([';', '\t'].find((delimiter) => header.includes(delimiter)) ?? ',');
}

/** @param at the row, which is after the line with the names of the columns. */
function cell(record: Readonly<Record<string, string>>, columns: readonly string[], { name }: UploadedFile, at: string): string {
  const column = columns.find((name) => name in record);
  if (column === undefined)
    throw invalidAt(
      `${name}, line 1`,
      `there is no column ${columns.join(', ')}. The columns are: ${Object.keys(record).join(', ')}. The first line names them, as in "file,label".`,
    );
  const value = record[column]!;
  if (value === '') throw invalidAt(at, `the column ${column} is empty.`);
  return value;
}
