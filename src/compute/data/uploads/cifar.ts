/** CIFAR-10 and CIFAR-100, binary version (Krizhevsky 2009): records of label bytes, then 1,024 bytes each of red, green and blue. @module */
import { interleave } from '../cifar10.js';
import { ByteReader, classNamesFile } from './files.js';
import { baseName, namesOf } from './names.js';
import { invalidAt, type UploadContent, type UploadFormat, type UploadFormatName } from './types.js';

const SHAPE = [32, 32, 3] as const;
const PIXELS = 3 * 32 * 32;

interface CifarFiles {
  readonly pattern: RegExp;
  /** The same for people. */
  readonly named: string;
}

interface CifarVersion {
  readonly name: UploadFormatName;
  readonly title: string;
  readonly description: string;
  readonly files: { readonly train: CifarFiles; readonly test: CifarFiles };
  /** Of a record; the last of them is the class. */
  readonly labelBytes: number;
  readonly classNames: RegExp;
  readonly classCount: number;
}

const numberIn = (name: string) => Number(/(\d+)\.bin$/i.exec(name)?.[1] ?? 0);

function cifar({ name, title, description, files: patterns, labelBytes, classNames, classCount }: CifarVersion): UploadFormat {
  return {
    name,
    title,
    description,
    recognises: (files) => files.some((file) => [patterns.train, patterns.test].some(({ pattern }) => pattern.test(baseName(file.name)))),
    async open({ files, split }): Promise<UploadContent> {
      const wanted = files
        .filter((file) => patterns[split].pattern.test(baseName(file.name)))
        .sort((a, b) => numberIn(a.name) - numberIn(b.name));
      if (wanted.length === 0)
        throw invalidAt(
          'The upload',
          `it has no file like ${patterns[split].named} of the split ${split.toUpperCase()}. Its files: ${namesOf(files)}.`,
        );
      const names = await classNamesFile(files, classNames);
      const record = labelBytes + PIXELS;
      for (const file of wanted) {
        if (file.size % record === 0 && file.size > 0) continue;
        throw invalidAt(
          file.name,
          `it has ${file.size} bytes, no multiple of the ${record} of one record of ${title}. Upload it again, whole.`,
        );
      }
      return {
        classNames: names?.filter((line) => line !== ''),
        async *examples() {
          for (const file of wanted) {
            const bytes = new ByteReader(file);
            try {
              for (let row = 0; row < file.size / record; row++) {
                const values = await bytes.take(record, `row ${row}`);
                const label = values[labelBytes - 1]!;
                if (label >= classCount)
                  throw invalidAt(
                    `${file.name}, row ${row}`,
                    `its label is ${label}; ${title} has ${classCount} classes. Is it another format?`,
                  );
                const read = () => {
                  const levels = new Uint8Array(PIXELS);
                  interleave(values.subarray(labelBytes), levels);
                  return { levels, shape: SHAPE };
                };
                yield { at: `${file.name}, row ${row}`, label, read };
              }
            } finally {
              await bytes.close();
            }
          }
        },
      };
    },
  };
}

export const cifar10Binary = cifar({
  name: 'CIFAR10_BINARY',
  title: 'CIFAR-10, binary version',
  description:
    'The tar.gz of "CIFAR-10 binary version", or a zip of its files: data_batch_*.bin for TRAIN, test_batch.bin for TEST, batches.meta.txt.',
  files: {
    train: { pattern: /^data_batch_\d+\.bin$/i, named: 'data_batch_1.bin' },
    test: { pattern: /^test_batch\.bin$/i, named: 'test_batch.bin' },
  },
  labelBytes: 1,
  classNames: /^batches\.meta\.txt$/i,
  classCount: 10,
});

export const cifar100Binary = cifar({
  name: 'CIFAR100_BINARY',
  title: 'CIFAR-100, binary version',
  description:
    'The tar.gz of "CIFAR-100 binary version", or a zip of its files: train.bin, test.bin, fine_label_names.txt. The fine labels are the classes.',
  files: { train: { pattern: /^train\.bin$/i, named: 'train.bin' }, test: { pattern: /^test\.bin$/i, named: 'test.bin' } },
  labelBytes: 2,
  classNames: /^fine_label_names\.txt$/i,
  classCount: 100,
});
