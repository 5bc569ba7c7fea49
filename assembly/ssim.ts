/**
 * The loops of SSIM and PASS over pixels, in AssemblyScript: WebAssembly's vectors of four numbers make them five times as fast as JavaScript's loops.
 * `npm run compile:assembly` compiles this file to assets/assembly/similarity.wasm, and src/compute/distances/kernels.ts calls it and gives all addresses.
 * @module
 */

const C1: f32 = 0.01 * 255 * (0.01 * 255);
const C2: f32 = 0.03 * 255 * (0.03 * 255);

/** 8-bit values as floats. @param to `count` rounded up to four. */
export function toFloats(from: usize, to: usize, count: i32): void {
  for (let k = 0; k < count; k += 4) v128.store(to + 4 * k, f32x4.convert_i32x4_u(bytes(from + k)));
}

function bytes(at: usize): v128 {
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(at)));
}

/** The weighted sum of values that lie `step` bytes apart. The window is symmetric: `weights` holds its first half, outermost first, and its middle. */
function tap(at: usize, step: i32, half: i32, weights: usize): v128 {
  let sum = f32x4.mul(v128.load32_splat(weights + 4 * half), v128.load(at + half * step));
  for (let k = 0; k < half; k++) {
    const pair = f32x4.add(v128.load(at + k * step), v128.load(at + (2 * half - k) * step));
    sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(weights + 4 * k), pair));
  }
  return sum;
}

/**
 * SSIM of x and y, `[height, width, channels]` floats from 0 to 255, in terms of s = x + y and d = x - y:
 * 2 mx my = (ms² - md²) / 2 and mx² + my² = (ms² + md²) / 2, and so with the variances. Images that are alike have a small d, so that 32 bits are enough.
 * @param half the window has 2 half + 1 weights. @param scratch four rows of the image, and 8 (2 half + 1) of the result, each with room for 64 bytes more.
 */
export function ssim(x: usize, y: usize, height: i32, width: i32, channels: i32, half: i32, weights: usize, scratch: usize): f64 {
  const window = 2 * half + 1;
  const values = width * channels;
  const results = (width - 2 * half) * channels;
  const row = 4 * values + 64;
  const filtered = (4 * results + 64) & ~15;
  const ring = scratch + 4 * row;
  const middle = f32x4.splat(255);
  const c1 = f32x4.splat(2 * C1);
  const c2 = f32x4.splat(2 * C2);
  let total: f64 = 0;
  for (let r = 0; r < height; r++) {
    for (let k = 0; k < values; k += 4) {
      const a = v128.load(x + 4 * (r * values + k));
      const b = v128.load(y + 4 * (r * values + k));
      // Around zero, squares lose less by rounding.
      const s = f32x4.sub(f32x4.add(a, b), middle);
      const d = f32x4.sub(a, b);
      const at = scratch + 4 * k;
      v128.store(at, s);
      v128.store(at + row, d);
      v128.store(at + 2 * row, f32x4.mul(s, s));
      v128.store(at + 3 * row, f32x4.mul(d, d));
    }
    // Twice, a window apart, so that the last rows always lie one after the other.
    const slot = ring + (r % window) * 4 * filtered;
    for (let map = 0; map < 4; map++) {
      for (let k = 0; k < results; k += 4) {
        const sum = tap(scratch + map * row + 4 * k, 4 * channels, half, weights);
        const to = slot + map * filtered + 4 * k;
        v128.store(to, sum);
        v128.store(to + 4 * filtered * window, sum);
      }
    }
    if (r < window - 1) continue;
    const rows = ring + ((r + 1) % window) * 4 * filtered;
    let sum = f32x4.splat(0);
    for (let k = 0; k < results; k += 4) {
      const at = rows + 4 * k;
      const s = tap(at, 4 * filtered, half, weights);
      const d = tap(at + filtered, 4 * filtered, half, weights);
      const ss = tap(at + 2 * filtered, 4 * filtered, half, weights);
      const dd = tap(at + 3 * filtered, 4 * filtered, half, weights);
      const meanS = f32x4.mul(f32x4.add(s, middle), f32x4.add(s, middle));
      const meanD = f32x4.mul(d, d);
      const varianceS = f32x4.sub(ss, f32x4.mul(s, s));
      const varianceD = f32x4.sub(dd, meanD);
      const over = f32x4.mul(f32x4.add(f32x4.sub(meanS, meanD), c1), f32x4.add(f32x4.sub(varianceS, varianceD), c2));
      const under = f32x4.mul(f32x4.add(f32x4.add(meanS, meanD), c1), f32x4.add(f32x4.add(varianceS, varianceD), c2));
      const isInRow = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(results - k));
      sum = f32x4.add(sum, v128.and(isInRow, f32x4.div(over, under)));
    }
    total += sumOf(sum);
  }
  return total / <f64>(results * (height - window + 1));
}

function sumOf(v: v128): f64 {
  return <f64>f32x4.extract_lane(v, 0) + <f64>f32x4.extract_lane(v, 1) + <f64>f32x4.extract_lane(v, 2) + <f64>f32x4.extract_lane(v, 3);
}
