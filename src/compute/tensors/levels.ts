/** Pixel values as data sets hold them: whole levels of 8 or 16 bits, or fractions of the pixel range as floats. @module */

export type Levels = Uint8Array | Uint16Array | Float32Array;

export type LevelType = 'uint8' | 'uint16' | 'float32';

interface LevelKind {
  readonly type: LevelType;
  readonly bits: BitDepth;
  /** The value of a pixel as bright as can be. */
  readonly most: number;
  readonly make: (from: number | ArrayBufferLike, offset?: number, length?: number) => Levels;
}

/** Bits of a pixel value; 32: floats. */
export type BitDepth = 8 | 16 | 32;

const KINDS: readonly LevelKind[] = [
  { type: 'uint8', bits: 8, most: 255, make: (from, offset, length) => new Uint8Array(from as ArrayBuffer, offset, length) },
  { type: 'uint16', bits: 16, most: 65535, make: (from, offset, length) => new Uint16Array(from as ArrayBuffer, offset, length) },
  { type: 'float32', bits: 32, most: 1, make: (from, offset, length) => new Float32Array(from as ArrayBuffer, offset, length) },
];

/** Of 8 bits, which attacks assume where nothing else is said. */
export const BYTE_LEVELS = 255;

export const LEVEL_TYPES = KINDS.map(({ type }) => type) as readonly LevelType[];

const kindOf = (type: LevelType) => KINDS.find((kind) => kind.type === type)!;

export const levelTypeOf = (levels: Levels): LevelType =>
  levels instanceof Uint8Array ? 'uint8' : levels instanceof Uint16Array ? 'uint16' : 'float32';

/** The value of a pixel as bright as can be: 255, 65535, or 1 of floats, which have no levels. */
export const mostOf = (levels: Levels): number => kindOf(levelTypeOf(levels)).most;

/** The same by bits. */
export const mostOfBits = (bits: BitDepth): number => KINDS.find((kind) => kind.bits === bits)!.most;

export const bitDepthOf = (type: LevelType): BitDepth => kindOf(type).bits;

export const levelTypeOfBits = (bits: number): LevelType => KINDS.find((kind) => kind.bits === bits)!.type;

/** Zeros. */
export const makeLevels = (type: LevelType, length: number): Levels => kindOf(type).make(length);

/** Little endian, as they are stored; copied only where they do not lie at a multiple of their size. */
export function levelsFromBytes(type: LevelType, bytes: Uint8Array): Levels {
  const size = kindOf(type).bits / 8;
  const { buffer, byteOffset, byteLength } = byteOffsetIsWhole(bytes, size) ? bytes : Uint8Array.from(bytes);
  return kindOf(type).make(buffer, byteOffset, byteLength / size);
}

const byteOffsetIsWhole = ({ byteOffset }: Uint8Array, size: number) => byteOffset % size === 0;

export const bytesOfLevels = ({ buffer, byteOffset, byteLength }: Levels): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);

/** Fractions of the pixel range that are whole levels, as those. @param most see {@link mostOf}. */
export function levelsOfFractions(fractions: ArrayLike<number>, most: number): Levels {
  const kind = KINDS.find((candidate) => candidate.most === most)!;
  const levels = kind.make(fractions.length);
  for (let p = 0; p < levels.length; p++) levels[p] = most === 1 ? fractions[p]! : Math.round(most * fractions[p]!);
  return levels;
}
