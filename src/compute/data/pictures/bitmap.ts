/** Windows bitmaps (BMP), which sharp does not read: of 1 to 32 bits, with a palette, bit fields or run lengths. Alpha is dropped. @module */
import { checkSize, type Picture } from './types.js';

export const isBitmap = (file: Buffer) => file.length > 26 && file.toString('latin1', 0, 2) === 'BM';

const [RGB, RLE8, RLE4, BIT_FIELDS, ALPHA_BIT_FIELDS] = [0, 1, 2, 3, 6];

/** Of the first version of the format, whose sizes have 16 bits and whose palettes have 3 bytes for a colour. */
const CORE_HEADER = 12;
const FILE_HEADER = 14;

interface Header {
  readonly width: number;
  readonly height: number;
  readonly isTopDown: boolean;
  readonly bits: number;
  readonly compression: number;
  /** Where the pixels begin. */
  readonly offset: number;
  readonly palette: Buffer;
  readonly bytesPerColour: number;
  /** Bits of red, green and blue in a pixel of 16 or 32 bits. */
  readonly masks: readonly number[];
}

/** @throws Error where the file is damaged or of a kind that is not read. */
export function readBitmap(file: Buffer): Picture {
  const header = headerOf(file);
  const { width, height, isTopDown } = header;
  const pixels = new Uint8Array(width * height * 3);
  const put = (x: number, row: number, colour: readonly number[]) =>
    pixels.set(colour, ((isTopDown ? row : height - 1 - row) * width + x) * 3);
  if (header.compression === RLE8 || header.compression === RLE4) {
    const indices = unpacked(file, header);
    for (const [i, index] of indices.entries()) put(i % width, Math.floor(i / width), colourOf(header, index));
  } else {
    const colourAt = pixelReader(file, header);
    for (let row = 0; row < height; row++) for (let x = 0; x < width; x++) put(x, row, colourAt(x, row));
  }
  return { width, height, pixels };
}

function headerOf(file: Buffer): Header {
  const size = file.readUInt32LE(FILE_HEADER);
  const isCore = size === CORE_HEADER;
  const at = FILE_HEADER + 4;
  const [width, signed] = isCore ? [file.readUInt16LE(at), file.readInt16LE(at + 2)] : [file.readInt32LE(at), file.readInt32LE(at + 4)];
  checkSize(width, Math.abs(signed));
  const bits = file.readUInt16LE(isCore ? at + 6 : at + 10);
  const compression = isCore ? RGB : file.readUInt32LE(at + 12);
  const offset = file.readUInt32LE(10);
  const hasMasks = compression === BIT_FIELDS || compression === ALPHA_BIT_FIELDS;
  const masksInPalette = hasMasks && size === 40 ? (compression === BIT_FIELDS ? 12 : 16) : 0;
  const masks = hasMasks ? [0, 4, 8].map((i) => file.readUInt32LE(FILE_HEADER + 40 + i)) : usualMasks(bits);
  const palette = file.subarray(FILE_HEADER + size + masksInPalette, offset);
  return {
    width,
    height: Math.abs(signed),
    isTopDown: signed < 0,
    bits,
    compression,
    offset,
    palette,
    bytesPerColour: isCore ? 3 : 4,
    masks,
  };
}

const usualMasks = (bits: number) => (bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff]);

function colourOf({ palette, bytesPerColour }: Header, index: number): number[] {
  const at = index * bytesPerColour;
  if (at + 3 > palette.length) throw new Error(`a pixel has colour ${index}, which its palette lacks`);
  return [palette[at + 2]!, palette[at + 1]!, palette[at]!];
}

/** The colour of a pixel, by its place in a row and the row in the order of the file. */
function pixelReader(file: Buffer, header: Header): (x: number, row: number) => readonly number[] {
  const { width, height, bits, compression, offset, masks } = header;
  if (![RGB, BIT_FIELDS, ALPHA_BIT_FIELDS].includes(compression)) throw new Error(`bitmaps of compression ${compression} are not read`);
  // Rows begin at multiples of 4 bytes.
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  if (offset + rowBytes * (height - 1) + Math.ceil((width * bits) / 8) > file.length) throw new Error('it ends too early');
  switch (bits) {
    case 1:
    case 4:
    case 8:
      return (x, row) => {
        const byte = file[offset + row * rowBytes + Math.floor((x * bits) / 8)]!;
        const shift = 8 - bits - ((x * bits) % 8);
        return colourOf(header, (byte >> shift) & ((1 << bits) - 1));
      };
    case 24:
      return (x, row) => {
        const at = offset + row * rowBytes + 3 * x;
        return [file[at + 2]!, file[at + 1]!, file[at]!];
      };
    case 16:
    case 32: {
      const scales = masks.map((mask) => ({ mask, lowest: (mask & -mask) >>> 0, most: mask >>> Math.log2((mask & -mask) >>> 0) }));
      if (masks.includes(0)) throw new Error('its masks of colours are empty');
      return (x, row) => {
        const at = offset + row * rowBytes + (x * bits) / 8;
        const pixel = bits === 16 ? file.readUInt16LE(at) : file.readUInt32LE(at);
        return scales.map(({ mask, lowest, most }) => Math.floor((((pixel & mask) >>> 0) / lowest / most) * 255));
      };
    }
    default:
      throw new Error(`bitmaps of ${bits} bits are not read`);
  }
}

/** Indices of run lengths, row by row in the order of the file; places that are skipped have colour 0. */
function unpacked(file: Buffer, { width, height, bits, compression, offset }: Header): Uint8Array {
  const indices = new Uint8Array(width * height);
  const perByte = compression === RLE4 ? 2 : 1;
  if (bits !== 8 / perByte) throw new Error(`run lengths of ${bits} bits are not read`);
  /** Index `i` of a byte that holds one or two. */
  const indexIn = (byte: number, i: number) => (perByte === 1 ? byte : i % 2 === 0 ? byte >> 4 : byte & 15);
  let [at, x, row] = [offset, 0, 0];
  const next = () => {
    const byte = file[at++];
    if (byte === undefined) throw new Error('it ends too early');
    return byte;
  };
  const put = (index: number) => {
    if (x < width && row < height) indices[row * width + x] = index;
    x++;
  };
  while (row < height) {
    const [count, value] = [next(), next()];
    if (count > 0) {
      for (let i = 0; i < count; i++) put(indexIn(value, i));
    } else if (value === 0) {
      [x, row] = [0, row + 1];
    } else if (value === 1) {
      break;
    } else if (value === 2) {
      [x, row] = [x + next(), row + next()];
    } else {
      const bytes = Array.from({ length: Math.ceil(value / perByte) }, next);
      for (let i = 0; i < value; i++) put(indexIn(bytes[Math.floor(i / perByte)]!, i));
      // Runs begin at even places.
      if (bytes.length % 2 === 1) next();
    }
  }
  return indices;
}
