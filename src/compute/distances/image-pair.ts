/**
 * Two images in the memory of the loops that SSIM and PASS are made of, which are compiled from assembly/ to WebAssembly. The memory is used again for every
 * pair: the first use of memory costs more than the arithmetic.
 * @module
 */
import { readFileSync } from 'node:fs';
import { type ImageShape, sizeOf } from '../tensors/index.js';

/** Of the runtime; its types come only with those of browsers. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** What assembly/index.ts exports. Numbers are addresses and sizes. */
interface Loops {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  toFloats(from: number, to: number, count: number): void;
  ssim(x: number, y: number, height: number, width: number, channels: number, half: number, weights: number, scratch: number): number;
  grey(from: number, channels: number, count: number, to: number): void;
  slopes(image: number, height: number, width: number, slopeX: number, slopeY: number): void;
  sumsAtIdentity(
    template: number,
    image: number,
    slopeX: number,
    slopeY: number,
    height: number,
    width: number,
    sums: number,
    rows: number,
  ): void;
  sumsAt(
    homography: number,
    template: number,
    image: number,
    slopeX: number,
    slopeY: number,
    height: number,
    width: number,
    sums: number,
    rows: number,
  ): void;
  warp(homography: number, image: number, height: number, width: number, channels: number, to: number): void;
}

const FILE = new URL('../../../../assets/assembly/similarity.wasm', import.meta.url);
/** The first bytes are the compiler's. */
const START = 1024;
const PAGE = 65536;
/** Loops read and write whole vectors, also behind the last value. */
const SPARE = 64;
const DOUBLE = Float64Array.BYTES_PER_ELEMENT;
const FLOAT = Float32Array.BYTES_PER_ELEMENT;

/** `[h00, h01, h02, h10, h11, h12, h20, h21]` with h22 = 1, in coordinates from the image's centre whose unit is half of its longer side. */
export type Homography = readonly number[];
export const PARAMETERS = 8;

/** Sums over pixels of the template t, the moving image i, and the Jacobian j of i by the parameters of the homography. */
export interface AlignmentSums {
  readonly t: number;
  readonly i: number;
  readonly tt: number;
  readonly ii: number;
  readonly ti: number;
  readonly j: Float64Array;
  readonly jt: Float64Array;
  readonly ji: Float64Array;
  /** Of products of two of its columns. */
  readonly jj: (k: number, l: number) => number;
}

let loaded: Loops | undefined;

function load(): Loops {
  return new WebAssembly.Instance(new WebAssembly.Module(readFileSync(FILE))).exports as Loops;
}

/** One pair at a time: the next one takes its memory. */
export class ImagePair {
  private readonly loops = (loaded ??= load());
  private readonly at: Readonly<Record<Region, number>>;
  private readonly half: number;

  /**
   * @param first `[height, width, channels]`, 8 bits a channel. @param second the same shape.
   * @param window the weights of SSIM's symmetric window, from the outermost to the middle one.
   */
  constructor(
    first: Uint8Array,
    second: Uint8Array,
    private readonly shape: ImageShape,
    window: Float32Array,
  ) {
    const { toFloats } = this.loops;
    const size = sizeOf(shape);
    this.half = window.length - 1;
    this.at = this.reserve(regionsOf(shape, window.length));
    this.bytes(this.at.first8, size).set(first);
    this.bytes(this.at.second8, size).set(second);
    new Float32Array(this.loops.memory.buffer, this.at.weights, window.length).set(window);
    toFloats(this.at.first8, this.at.first, size);
    toFloats(this.at.second8, this.at.second, size);
  }

  /** Of the first image and the second, as it was warped last. */
  ssim(): number {
    const { first, second, weights, scratch } = this.at;
    return this.loops.ssim(first, second, ...this.shape, this.half, weights, scratch);
  }

  /** Before sums are asked for: the first image as the template, and the second as the one that moves. */
  prepareAlignment(): void {
    const { first8, second8, template, moving, slopeX, slopeY } = this.at;
    const [height, width, channels] = this.shape;
    this.loops.grey(first8, channels, height * width, template);
    this.loops.grey(second8, channels, height * width, moving);
    this.loops.slopes(moving, height, width, slopeX, slopeY);
  }

  /** @param homography undefined for the identity, whose sums take a fraction of the time. */
  sums(homography?: Homography): AlignmentSums {
    const { template, moving, slopeX, slopeY, sums, rows } = this.at;
    const [height, width] = this.shape;
    const images = [template, moving, slopeX, slopeY, height, width, sums, rows] as const;
    if (homography) this.loops.sumsAt(this.put(homography), ...images);
    else this.loops.sumsAtIdentity(...images);
    const values = new Float64Array(this.loops.memory.buffer, sums, SUMS);
    const [t, i, tt, ii, ti] = values as unknown as [number, number, number, number, number];
    const part = (k: number) => values.subarray(5 + k * COLUMNS, 5 + k * COLUMNS + PARAMETERS);
    const jj = (k: number, l: number) => values[5 + (3 + Math.min(k, l)) * COLUMNS + Math.max(k, l)]!;
    return { t, i, tt, ii, ti, j: part(0), jt: part(1), ji: part(2), jj };
  }

  /** Warps the second image, for {@link ssim}. */
  warp(homography: Homography): void {
    this.loops.warp(this.put(homography), this.at.second8, ...this.shape, this.at.second);
  }

  private put(homography: Homography): number {
    new Float64Array(this.loops.memory.buffer, this.at.homography, PARAMETERS).set(homography);
    return this.at.homography;
  }

  private bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.loops.memory.buffer, at, length);
  }

  /** The addresses of regions, one behind the other. */
  private reserve(lengths: Readonly<Record<Region, number>>): Readonly<Record<Region, number>> {
    const { memory } = this.loops;
    const at = { ...lengths };
    let end = START;
    for (const name of REGIONS) {
      at[name] = end;
      end += Math.ceil((lengths[name] + SPARE) / DOUBLE) * DOUBLE;
    }
    const missing = end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    return at;
  }
}

/** Of the Jacobian there, which has one more: that of h22. */
const COLUMNS = PARAMETERS + 1;
const SUMS = 5 + 3 * COLUMNS + COLUMNS ** 2;

const REGIONS = [
  ...(['first8', 'second8', 'first', 'second', 'template', 'moving', 'slopeX', 'slopeY'] as const),
  ...(['weights', 'scratch', 'homography', 'rows', 'sums'] as const),
];
type Region = (typeof REGIONS)[number];

/** In bytes. @param weights of half of SSIM's window and its middle. */
function regionsOf(shape: ImageShape, weights: number): Record<Region, number> {
  const [height, width, channels] = shape;
  const [size, pixels, row] = [sizeOf(shape), DOUBLE * height * width, FLOAT * width * channels + SPARE];
  return {
    first8: size,
    second8: size,
    first: FLOAT * size,
    second: FLOAT * size,
    template: pixels,
    moving: pixels,
    slopeX: pixels,
    slopeY: pixels,
    weights: FLOAT * weights,
    // Four maps: a row of each, and twice the rows of results under the window.
    scratch: 4 * row * (1 + 2 * (2 * weights - 1)),
    homography: DOUBLE * PARAMETERS,
    rows: 4 * DOUBLE * width,
    sums: DOUBLE * SUMS,
  };
}
