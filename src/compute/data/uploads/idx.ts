/** The IDX files of the MNIST family (LeCun et al. 1998), gzipped or not: images and labels in a zip. @module */
import type { ImageShape } from '../../tensors/index.js';
import { ByteReader, classNamesFile, theOne } from './files.js';
import { checkSamePart } from './parts.js';
import { invalidAt, type UploadContent, type UploadedFile, type UploadFormat } from './types.js';

const IMAGES = /idx[34][-._]?ubyte(\.gz)?$/i;
const LABELS = /idx1[-._]?ubyte(\.gz)?$/i;
const UNSIGNED_BYTE = 8;

export const idx: UploadFormat = {
  name: 'IDX',
  title: 'IDX',
  description:
    'A zip or tar of two IDX files of unsigned bytes, as MNIST has them, gzipped or not: `…idx3-ubyte` with images [n, height, width] (or `…idx4-ubyte` with a last axis of channels) and `…idx1-ubyte` with labels.',
  recognises: (files) => files.some(({ name }) => IMAGES.test(name) || LABELS.test(name)),
  async open(upload): Promise<UploadContent> {
    const { file: imageFile, notes } = theOne(upload, IMAGES, 'images (…idx3-ubyte)');
    const files = { images: imageFile, labels: theOne(upload, LABELS, 'labels (…idx1-ubyte)').file };
    checkSamePart(files.images, files.labels);
    const [images, labels] = [new ByteReader(files.images), new ByteReader(files.labels)];
    const close = async () => void (await Promise.all([images.close(), labels.close()]));
    try {
      const [count = 0, height = 0, width = 0, channels = 1] = await readHeader(files.images, images, [3, 4]);
      const [labelCount] = await readHeader(files.labels, labels, [1]);
      if (count !== labelCount)
        throw invalidAt(files.labels.name, `it holds ${labelCount} labels for the ${count} images of ${files.images.name}.`);
      const shape: ImageShape = [height, width, channels];
      if (shape.includes(0)) throw invalidAt(files.images.name, `its images are ${height}×${width}, which has no pixels.`);
      const size = height * width * channels;
      return {
        classNames: await classNamesFile(upload.files),
        async *examples() {
          try {
            for (let row = 0; row < count; row++) {
              const bytes = await images.take(size, `row ${row}`);
              const label = (await labels.take(1, `row ${row}`))[0]!;
              yield {
                at: `${files.images.name}, row ${row}`,
                labelAt: `${files.labels.name}, row ${row}`,
                label,
                read: () => ({ levels: new Uint8Array(bytes), shape }),
              };
            }
            await images.expectEnd();
            await labels.expectEnd();
          } finally {
            await close();
          }
        },
        notes: () => notes,
      };
    } catch (error) {
      await close();
      throw error;
    }
  },
};

/** Sizes of the dimensions. */
async function readHeader({ name }: UploadedFile, bytes: ByteReader, dimensions: readonly number[]): Promise<number[]> {
  const magic = await bytes.take(4);
  if (magic.readUInt16BE(0) !== 0)
    throw invalidAt(name, `it starts with 0x${magic.toString('hex')}; an IDX file starts with two zero bytes.`);
  if (magic[2] !== UNSIGNED_BYTE)
    throw invalidAt(name, `its values are of type 0x${magic[2]!.toString(16)}; unsigned bytes (0x8) are read.`);
  const count = magic[3]!;
  if (!dimensions.includes(count))
    throw invalidAt(name, `it has ${count} dimensions, not ${dimensions.join(' or ')}. Are images and labels swapped?`);
  const header = await bytes.take(4 * count);
  return Array.from({ length: count }, (_, i) => header.readUInt32BE(4 * i));
}
