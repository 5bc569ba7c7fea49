/** NumPy's arrays (.npy, format versions 1 to 3), read row by row. @module */
import { getFloat16 } from '@petamoriken/float16';
import type { Levels } from '../../tensors/index.js';
import { ByteReader } from './files.js';
import { invalidAt, type UploadedFile } from './types.js';

export interface ArrayHeader {
  /** Such as `<f4`. */
  readonly type: string;
  readonly shape: readonly number[];
}

/** The values of an array, in the order of C and little-endian. */
interface ArrayBytes {
  /** @param at row that they are of, for the message. */
  take(length: number, at: string): Promise<Buffer>;
  expectEnd(): Promise<void>;
  close(): Promise<void>;
}

const MAXIMUM_HEADER = 65_536;

/** Bytes of an array in Fortran order, which has to be in memory to be turned. */
const MAXIMUM_REORDERED = 128 * 2 ** 20;

/** An open array: its header is read, its values are next. */
export async function openArray(file: UploadedFile): Promise<{ header: ArrayHeader; bytes: ArrayBytes }> {
  const bytes = new ByteReader(file);
  const start = await bytes.take(8);
  if (start.toString('latin1', 0, 6) !== '\x93NUMPY') throw invalidAt(file.name, 'it is no file of numpy.save.');
  const version = start[6]!;
  if (version < 1 || version > 3) throw invalidAt(file.name, `its format has version ${version}; 1 to 3 are read.`);
  const length = version === 1 ? (await bytes.take(2)).readUInt16LE(0) : (await bytes.take(4)).readUInt32LE(0);
  if (length > MAXIMUM_HEADER) throw invalidAt(file.name, `its header has ${length} bytes; an array of numbers needs fewer.`);
  const text = (await bytes.take(length)).toString('utf8');
  const type = /'descr':\s*'([^']+)'/.exec(text)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(text)?.[1];
  if (type === undefined || order === undefined || shape === undefined)
    throw invalidAt(file.name, 'it holds no array of numbers. Save the images and the labels as plain arrays, without fields and objects.');
  const sizes = shape.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number(size)]));
  const declared = sizes.reduce((product, size) => product * size, 1) * itemBytes(type);
  if (!Number.isSafeInteger(declared))
    throw invalidAt(file.name, `its header declares an array of shape (${sizes.join(', ')}), more than there can be.`);
  const header = { type: type.replace('>', '<'), shape: sizes };
  const values = type.startsWith('>') ? new LittleEndian(bytes, itemBytes(type)) : bytes;
  if (order === 'False' || sizes.length < 2) return { header, bytes: values };
  if (declared > MAXIMUM_REORDERED) throw invalidAt(file.name, 'the array is in Fortran order. Save numpy.ascontiguousarray of it.');
  return { header, bytes: await Reordered.read(values, sizes, itemBytes(type)) };
}

/** Of a value. Text `U` has four for each character. */
const itemBytes = (type: string) => (Number(/\d+$/.exec(type)?.[0]) || 0) * (/U\d+$/.test(type) ? 4 : 1);

/** Big-endian values, as little-endian ones. */
class LittleEndian implements ArrayBytes {
  constructor(
    private readonly bytes: ByteReader,
    private readonly size: number,
  ) {}

  async take(length: number, at: string): Promise<Buffer> {
    const values = await this.bytes.take(length, at);
    const unit = this.size % 4 === 0 && this.size > 8 ? 4 : this.size;
    if (unit === 2) return values.swap16();
    if (unit === 4) return values.swap32();
    return unit === 8 ? values.swap64() : values;
  }

  expectEnd = () => this.bytes.expectEnd();
  close = () => this.bytes.close();
}

/** An array in Fortran order, whose first axis varies fastest, in memory and with its last axis fastest. */
class Reordered implements ArrayBytes {
  private position = 0;

  private constructor(
    private readonly source: ArrayBytes,
    private readonly values: Buffer,
  ) {}

  static async read(source: ArrayBytes, shape: readonly number[], size: number): Promise<Reordered> {
    const count = shape.reduce((product, length) => product * length, 1);
    const found = await source.take(count * size, '');
    const values = Buffer.alloc(found.length);
    // Steps in `found` of one along each axis.
    const steps = shape.map((_, axis) => shape.slice(0, axis).reduce((product, length) => product * length, 1));
    const index = shape.map(() => 0);
    for (let to = 0, from = 0; to < count; to++) {
      found.copy(values, to * size, from * size, (from + 1) * size);
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        from += steps[axis]!;
        if (++index[axis]! < shape[axis]!) break;
        from -= steps[axis]! * shape[axis]!;
        index[axis] = 0;
      }
    }
    return new Reordered(source, values);
  }

  take(length: number): Promise<Buffer> {
    this.position += length;
    return Promise.resolve(this.values.subarray(this.position - length, this.position));
  }

  expectEnd = () => this.source.expectEnd();
  close = () => this.source.close();
}

interface PixelType {
  readonly bytes: number;
  /** What is decided for the user, where something is. */
  readonly note?: string;
  /** @param at row, for messages. */
  read(bytes: Buffer, at: string): Levels;
}

const view = ({ buffer, byteOffset, byteLength }: Buffer) => new DataView(buffer, byteOffset, byteLength);
const floats = (size: number, at: (values: DataView, position: number) => number): PixelType => ({
  bytes: size,
  read: (bytes) => {
    const values = view(bytes);
    return Float32Array.from({ length: bytes.length / size }, (_, i) => at(values, i * size));
  },
});

interface LabelType {
  readonly bytes: number;
  read(bytes: Buffer): number;
}

/** Whole numbers. */
const LABEL_TYPES: Readonly<Record<string, LabelType>> = {
  '|b1': { bytes: 1, read: (bytes) => bytes.readUInt8(0) },
  '|u1': { bytes: 1, read: (bytes) => bytes.readUInt8(0) },
  '|i1': { bytes: 1, read: (bytes) => bytes.readInt8(0) },
  '<u2': { bytes: 2, read: (bytes) => bytes.readUInt16LE(0) },
  '<i2': { bytes: 2, read: (bytes) => bytes.readInt16LE(0) },
  '<u4': { bytes: 4, read: (bytes) => bytes.readUInt32LE(0) },
  '<i4': { bytes: 4, read: (bytes) => bytes.readInt32LE(0) },
  '<u8': { bytes: 8, read: (bytes) => Number(bytes.readBigUInt64LE(0)) },
  '<i8': { bytes: 8, read: (bytes) => Number(bytes.readBigInt64LE(0)) },
};

/** Whole numbers of other types, of 8 bits where they have no more. */
const wholeNumbers = (type: string): PixelType => {
  const { bytes: size, read } = LABEL_TYPES[type]!;
  return {
    bytes: size,
    note: `Whole numbers of type ${type} were read as 8 bits, 0 to 255.`,
    read: (bytes, at) =>
      Uint8Array.from({ length: bytes.length / size }, (_, i) => {
        const value = read(bytes.subarray(i * size, (i + 1) * size));
        if (value >= 0 && value <= 255) return value;
        throw invalidAt(
          at,
          `a value is ${value}; whole numbers of type ${type} are read as 8 bits, 0 to 255. Save uint8, uint16, or floats from 0 to 1.`,
        );
      }),
  };
};

/** Of images. Fractions of float64 become float32, as networks take them. */
export const PIXEL_TYPES: Readonly<Record<string, PixelType>> = {
  '|u1': { bytes: 1, read: (bytes) => new Uint8Array(bytes) },
  '<u2': { bytes: 2, read: (bytes) => Uint16Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16LE(2 * i)) },
  '<f2': floats(2, (values, position) => getFloat16(values, position, true)),
  '<f4': floats(4, (values, position) => values.getFloat32(position, true)),
  '<f8': floats(8, (values, position) => values.getFloat64(position, true)),
  '|b1': {
    bytes: 1,
    note: 'Booleans were read as 0 and 255, of 8 bits.',
    read: (bytes) => Uint8Array.from(bytes, (value) => (value === 0 ? 0 : 255)),
  },
  ...Object.fromEntries(['|i1', '<i2', '<u4', '<i4', '<u8', '<i8'].map((type) => [type, wholeNumbers(type)])),
};

/** Of labels that were saved as floats. */
const FLOAT_LABELS: Readonly<Record<string, LabelType>> = {
  '<f2': { bytes: 2, read: (bytes) => getFloat16(view(bytes), 0, true) },
  '<f4': { bytes: 4, read: (bytes) => bytes.readFloatLE(0) },
  '<f8': { bytes: 8, read: (bytes) => bytes.readDoubleLE(0) },
};

/** Names of NumPy: `<U7`, text of 7 characters in UTF-32. */
const TEXT_TYPE = /^<U(\d+)$/;

interface Names {
  readonly bytes: number;
  read(this: void, bytes: Buffer): string;
}

/** Names; undefined for other types. */
function namesType(type: string): Names | undefined {
  const characters = Number(TEXT_TYPE.exec(type)?.[1]);
  return characters > 0 ? { bytes: 4 * characters, read: textOf } : undefined;
}

/** Rows of a class each, for limits before they are read. */
const MAXIMUM_ONE_HOT = 100_000;

interface LabelReader {
  readonly bytes: number;
  /** Of one-hot rows. */
  readonly classCount?: number;
  /** @param at row, for messages. */
  read(this: void, bytes: Buffer, at: string): number | string;
}

/** Labels: whole numbers, also as floats, names, or one-hot rows. @param count images that need one each. */
export function labelReader(file: string, { type, shape }: ArrayHeader, count: (labels: number) => void): LabelReader {
  const names = namesType(type);
  const number = LABEL_TYPES[type] ?? FLOAT_LABELS[type];
  if (!number && !names) throw invalidAt(file, `labels of type ${type} are not read. Save whole numbers, such as int64.`);
  const [rows = 0, width = 1] = shape;
  const isOneHot = width > 1 && number !== undefined && width <= MAXIMUM_ONE_HOT;
  if (shape.length < 1 || shape.length > 2 || (width !== 1 && !isOneHot)) {
    throw invalidAt(
      file,
      `the array of labels has shape (${shape.join(', ')}). Save one number for each image: of one-hot rows, their argmax.`,
    );
  }
  count(rows);
  if (names) return { bytes: names.bytes, read: (bytes) => numberIn(names.read(bytes)) };
  const { bytes: size, read } = number!;
  if (!isOneHot) return { bytes: size, read };
  return {
    bytes: width * size,
    classCount: width,
    read(bytes, at) {
      const values = Array.from({ length: width }, (_, i) => read(bytes.subarray(i * size, (i + 1) * size)));
      const label = values.indexOf(1);
      if (label >= 0 && values.every((value, i) => value === (i === label ? 1 : 0))) return label;
      throw invalidAt(
        at,
        'the row of labels is not one-hot: one value is 1, all others are 0. Save one number for each image, the argmax of its row.',
      );
    },
  };
}

/** Names that are numbers are those of classes, as in a labels.csv. */
const numberIn = (name: string) => (/^\d+$/.test(name) ? Number(name) : name);

/** Of groups: whole numbers or names. @param count examples that need one each. */
export function groupType(
  file: string,
  { type, shape }: ArrayHeader,
  count: number,
): { readonly bytes: number; read(this: void, bytes: Buffer): number | string } {
  if (shape.length !== 1 || shape[0] !== count)
    throw invalidAt(
      file,
      `the array of groups has shape (${shape.join(', ')}) for ${count} images. Save one number or name for each image.`,
    );
  const number = namesType(type) ?? LABEL_TYPES[type];
  if (number) return number;
  throw invalidAt(file, `groups of type ${type} are not read. Save whole numbers, or names as str.`);
}

function textOf(bytes: Buffer): string {
  const points = Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(4 * i)).filter(
    (point) => point > 0 && point <= 0x10ffff,
  );
  return String.fromCodePoint(...points);
}
