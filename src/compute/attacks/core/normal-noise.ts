/** Noise for attacks that draw an image of it for every query: several times as fast as one `stream.normal()` a pixel. @module */
import { randomStream, type RandomStream } from '../../random.js';

/** Absolute values of 2^15 normals. */
const SIZES = normals(2 ** 15);

function normals(count: number): Float32Array {
  const stream = randomStream(0, 'normal-noise', 0);
  return Float32Array.from({ length: count }, () => Math.abs(stream.normal()));
}

/** Fills an image with standard normals: a fixed sample of them, drawn from with replacement and with random signs. */
export function fillNormal(stream: RandomStream, noise: Float32Array): void {
  for (let p = 0; p < noise.length; p += 2) {
    const bits = stream.bits();
    noise[p] = fromBits(bits);
    noise[p + 1] = fromBits(bits >>> 16);
  }
}

function fromBits(bits: number): number {
  const size = SIZES[bits & 0x7fff]!;
  return (bits & 0x8000) === 0 ? size : -size;
}

/** Fills an image with 1 and -1, with equal chances. */
export function fillSigns(stream: RandomStream, noise: Float32Array): void {
  for (let from = 0; from < noise.length; from += 32) {
    const bits = stream.bits();
    for (let p = from; p < Math.min(noise.length, from + 32); p++) noise[p] = (bits >>> (p - from)) & 1 ? 1 : -1;
  }
}

/** Fills an image with uniform numbers in [-1, 1). */
export function fillUniform(stream: RandomStream, noise: Float32Array): void {
  for (let p = 0; p < noise.length; p++) noise[p] = stream.bits() / 2 ** 31;
}
