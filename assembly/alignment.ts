/**
 * Sums over pixels for PASS, which lays one image over another by a homography `[h00, h01, h02, h10, h11, h12, h20, h21]`; see
 * src/compute/distances/pass-alignment.ts for the method. All values are 64-bit floats. Coordinates run from the image's centre, in half of its longer side.
 * @module
 */

const PARAMETERS = 8;

// Where the sums are, counted in numbers: of the template t and the image i, of the Jacobian j (8), and of the products of its columns (8 × 8, upper half).
const T = 0;
const I = 1;
const TT = 2;
const II = 3;
const TI = 4;
const J = 5;
const JT = J + PARAMETERS;
const JI = JT + PARAMETERS;
const JJ = JI + PARAMETERS;
const SUMS = JJ + PARAMETERS * PARAMETERS;

function add(sums: usize, index: i32, value: f64): void {
  const at = sums + 8 * index;
  store<f64>(at, load<f64>(at) + value);
}

function addProduct(sums: usize, k: i32, l: i32, value: f64): void {
  add(sums, JJ + PARAMETERS * k + l, value);
}

/** Mean over the channels of an 8-bit image. @param count pixels. */
export function grey(from: usize, channels: i32, count: i32, to: usize): void {
  for (let p = 0; p < count; p++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += load<u8>(from + p * channels + channel);
    store<f64>(to + 8 * p, <f64>sum / <f64>channels);
  }
}

/** Slopes along rows and columns, per unit of the coordinates: central differences. Beyond the image is its nearest pixel. */
export function slopes(image: usize, height: i32, width: i32, slopeX: usize, slopeY: usize): void {
  const scale = <f64>max(height, width) / 4;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const at = 8 * (row * width + column);
      const p = image + at;
      const right = column + 1 < width ? 8 : 0;
      const left = column > 0 ? 8 : 0;
      const below = row + 1 < height ? 8 * width : 0;
      const above = row > 0 ? 8 * width : 0;
      store<f64>(slopeX + at, (load<f64>(p + right) - load<f64>(p - left)) * scale);
      store<f64>(slopeY + at, (load<f64>(p + below) - load<f64>(p - above)) * scale);
    }
  }
}

function sumOf(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

function plus(sum: v128, a: v128, b: v128): v128 {
  return f64x2.add(sum, f64x2.mul(a, b));
}

/**
 * The sums at the identity. Along a row y is the same, so that all of them follow from sums of the slopes, and their products, times powers of x.
 * @param sums is overwritten.
 */
export function sumsAtIdentity(template: usize, image: usize, slopeX: usize, slopeY: usize, height: i32, width: i32, sums: usize): void {
  memory.fill(sums, 0, 8 * SUMS);
  const unit = <f64>max(height, width) / 2;
  for (let row = 0; row < height; row++) {
    const y = (<f64>row - <f64>(height - 1) / 2) / unit;
    const from = 8 * row * width;
    addSlopes(template + from, image + from, slopeX + from, slopeY + from, width, unit, y, sums);
    addProducts(slopeX + from, slopeY + from, width, unit, y, sums);
  }
}

/** x of two pixels from `column` on. */
function xAt(column: i32, width: i32, unit: f64): v128 {
  const c = <f64>column - <f64>(width - 1) / 2;
  return f64x2.div(f64x2(c, c + 1), f64x2.splat(unit));
}

/** Two values of a row, and 0 for what is behind its end. */
function pair(at: usize, column: i32, width: i32): v128 {
  return column + 1 < width ? v128.load(at + 8 * column) : v128.load64_zero(at + 8 * column);
}

/** Adds a row to the sums of t, i and the Jacobian, whose columns are gx x, gx y, gx, gy x, gy y, gy, w x and w y with w = -(gx x + gy y). */
function addSlopes(template: usize, image: usize, slopeX: usize, slopeY: usize, width: i32, unit: f64, y: f64, sums: usize): void {
  const zero = f64x2.splat(0);
  let t = zero, i = zero, tt = zero, ii = zero, ti = zero; // prettier-ignore
  let x0 = zero, x1 = zero, x2 = zero, y0 = zero, y1 = zero; // prettier-ignore
  let x0t = zero, x1t = zero, x2t = zero, y0t = zero, y1t = zero; // prettier-ignore
  let x0i = zero, x1i = zero, x2i = zero, y0i = zero, y1i = zero; // prettier-ignore
  for (let column = 0; column < width; column += 2) {
    const x = xAt(column, width, unit);
    const vt = pair(template, column, width);
    const vi = pair(image, column, width);
    const gx = pair(slopeX, column, width);
    const gy = pair(slopeY, column, width);
    const gxX = f64x2.mul(gx, x);
    const gxXX = f64x2.mul(gxX, x);
    const gyX = f64x2.mul(gy, x);
    t = f64x2.add(t, vt);
    i = f64x2.add(i, vi);
    tt = plus(tt, vt, vt);
    ii = plus(ii, vi, vi);
    ti = plus(ti, vt, vi);
    x0 = f64x2.add(x0, gx);
    x1 = f64x2.add(x1, gxX);
    x2 = f64x2.add(x2, gxXX);
    y0 = f64x2.add(y0, gy);
    y1 = f64x2.add(y1, gyX);
    x0t = plus(x0t, gx, vt);
    x1t = plus(x1t, gxX, vt);
    x2t = plus(x2t, gxXX, vt);
    y0t = plus(y0t, gy, vt);
    y1t = plus(y1t, gyX, vt);
    x0i = plus(x0i, gx, vi);
    x1i = plus(x1i, gxX, vi);
    x2i = plus(x2i, gxXX, vi);
    y0i = plus(y0i, gy, vi);
    y1i = plus(y1i, gyX, vi);
  }
  add(sums, T, sumOf(t));
  add(sums, I, sumOf(i));
  add(sums, TT, sumOf(tt));
  add(sums, II, sumOf(ii));
  add(sums, TI, sumOf(ti));
  addJacobian(sums, J, y, sumOf(x0), sumOf(x1), sumOf(x2), sumOf(y0), sumOf(y1));
  addJacobian(sums, JT, y, sumOf(x0t), sumOf(x1t), sumOf(x2t), sumOf(y0t), sumOf(y1t));
  addJacobian(sums, JI, y, sumOf(x0i), sumOf(x1i), sumOf(x2i), sumOf(y0i), sumOf(y1i));
}

/** @param x0 sums over the row of gx, gx x, gx x², gy and gy x, each times 1, t or i. */
function addJacobian(sums: usize, at: i32, y: f64, x0: f64, x1: f64, x2: f64, y0: f64, y1: f64): void {
  add(sums, at, x1);
  add(sums, at + 1, y * x0);
  add(sums, at + 2, x0);
  add(sums, at + 3, y1);
  add(sums, at + 4, y * y0);
  add(sums, at + 5, y0);
  add(sums, at + 6, -(x2 + y * y1));
  add(sums, at + 7, -y * (x1 + y * y0));
}

/** Adds a row to the sums of products of the Jacobian's columns. */
function addProducts(slopeX: usize, slopeY: usize, width: i32, unit: f64, y: f64, sums: usize): void {
  const zero = f64x2.splat(0);
  let va0 = zero, va1 = zero, va2 = zero, va3 = zero, va4 = zero; // prettier-ignore
  let vb0 = zero, vb1 = zero, vb2 = zero, vb3 = zero, vc0 = zero, vc1 = zero, vc2 = zero; // prettier-ignore
  for (let column = 0; column < width; column += 2) {
    const x = xAt(column, width, unit);
    const xx = f64x2.mul(x, x);
    const gx = pair(slopeX, column, width);
    const gy = pair(slopeY, column, width);
    const a = f64x2.mul(gx, gx);
    const b = f64x2.mul(gx, gy);
    const c = f64x2.mul(gy, gy);
    const axx = f64x2.mul(a, xx);
    const bx = f64x2.mul(b, x);
    va0 = f64x2.add(va0, a);
    va1 = plus(va1, a, x);
    va2 = f64x2.add(va2, axx);
    va3 = plus(va3, axx, x);
    va4 = plus(va4, axx, xx);
    vb0 = f64x2.add(vb0, b);
    vb1 = f64x2.add(vb1, bx);
    vb2 = plus(vb2, b, xx);
    vb3 = plus(vb3, bx, xx);
    vc0 = f64x2.add(vc0, c);
    vc1 = plus(vc1, c, x);
    vc2 = plus(vc2, c, xx);
  }
  // Sums over the row of gx² x^k, gx gy x^k and gy² x^k.
  const a0 = sumOf(va0), a1 = sumOf(va1), a2 = sumOf(va2), a3 = sumOf(va3), a4 = sumOf(va4); // prettier-ignore
  const b0 = sumOf(vb0), b1 = sumOf(vb1), b2 = sumOf(vb2), b3 = sumOf(vb3); // prettier-ignore
  const c0 = sumOf(vc0), c1 = sumOf(vc1), c2 = sumOf(vc2); // prettier-ignore
  // Of -gx w x^k and -gy w x^k.
  const x0 = a1 + y * b0, x1 = a2 + y * b1, x2 = a3 + y * b2; // prettier-ignore
  const y0 = b1 + y * c0, y1 = b2 + y * c1, y2 = b3 + y * c2; // prettier-ignore
  addProduct(sums, 0, 0, a2);
  addProduct(sums, 0, 1, y * a1);
  addProduct(sums, 0, 2, a1);
  addProduct(sums, 0, 3, b2);
  addProduct(sums, 0, 4, y * b1);
  addProduct(sums, 0, 5, b1);
  addProduct(sums, 0, 6, -x2);
  addProduct(sums, 0, 7, -y * x1);
  addProduct(sums, 1, 1, y * y * a0);
  addProduct(sums, 1, 2, y * a0);
  addProduct(sums, 1, 3, y * b1);
  addProduct(sums, 1, 4, y * y * b0);
  addProduct(sums, 1, 5, y * b0);
  addProduct(sums, 1, 6, -y * x1);
  addProduct(sums, 1, 7, -y * y * x0);
  addProduct(sums, 2, 2, a0);
  addProduct(sums, 2, 3, b1);
  addProduct(sums, 2, 4, y * b0);
  addProduct(sums, 2, 5, b0);
  addProduct(sums, 2, 6, -x1);
  addProduct(sums, 2, 7, -y * x0);
  addProduct(sums, 3, 3, c2);
  addProduct(sums, 3, 4, y * c1);
  addProduct(sums, 3, 5, c1);
  addProduct(sums, 3, 6, -y2);
  addProduct(sums, 3, 7, -y * y1);
  addProduct(sums, 4, 4, y * y * c0);
  addProduct(sums, 4, 5, y * c0);
  addProduct(sums, 4, 6, -y * y1);
  addProduct(sums, 4, 7, -y * y * y0);
  addProduct(sums, 5, 5, c0);
  addProduct(sums, 5, 6, -y1);
  addProduct(sums, 5, 7, -y * y0);
  // Of w² x^k.
  addProduct(sums, 6, 6, a4 + 2 * y * b3 + y * y * c2);
  addProduct(sums, 6, 7, y * (a3 + 2 * y * b2 + y * y * c1));
  addProduct(sums, 7, 7, y * y * (a2 + 2 * y * b1 + y * y * c0));
}

/** Where a homography sends a pixel, and how much it shrinks things there. */
let column: f64 = 0;
let row: f64 = 0;
let u: f64 = 0;
let v: f64 = 0;
let depth: f64 = 0;

function project(h: usize, x: f64, y: f64, height: i32, width: i32, unit: f64): void {
  depth = load<f64>(h, 48) * x + load<f64>(h, 56) * y + 1;
  u = (load<f64>(h) * x + load<f64>(h, 8) * y + load<f64>(h, 16)) / depth;
  v = (load<f64>(h, 24) * x + load<f64>(h, 32) * y + load<f64>(h, 40)) / depth;
  // What is beyond the image has the value of its nearest pixel.
  column = min<f64>(<f64>(width - 1), max<f64>(0, u * unit + <f64>(width - 1) / 2));
  row = min<f64>(<f64>(height - 1), max<f64>(0, v * unit + <f64>(height - 1) / 2));
}

/** Bilinear, at the column and row of the last projection. Pixels have `channels` values of type V. */
function sample<V extends number>(image: usize, height: i32, width: i32, channels: i32): f64 {
  const left = <i32>floor(column);
  const top = <i32>floor(row);
  const dx = column - <f64>left;
  const dy = row - <f64>top;
  const topLeft = image + sizeof<V>() * (top * width + left) * channels;
  const right = left + 1 < width ? sizeof<V>() * channels : 0;
  const below = top + 1 < height ? sizeof<V>() * width * channels : 0;
  const upper = (1 - dx) * <f64>load<V>(topLeft) + dx * <f64>load<V>(topLeft + right);
  return (1 - dy) * upper + dy * ((1 - dx) * <f64>load<V>(topLeft + below) + dx * <f64>load<V>(topLeft + below + right));
}

/** The sums at a homography. @param sums is overwritten. @param jacobian room for 8 numbers. */
export function sumsAt(
  h: usize,
  template: usize,
  image: usize,
  slopeX: usize,
  slopeY: usize,
  height: i32,
  width: i32,
  sums: usize,
  jacobian: usize,
): void {
  memory.fill(sums, 0, 8 * SUMS);
  const unit = <f64>max(height, width) / 2;
  for (let p = 0; p < height * width; p++) {
    const x = (<f64>(p % width) - <f64>(width - 1) / 2) / unit;
    const y = (<f64>(p / width) - <f64>(height - 1) / 2) / unit;
    project(h, x, y, height, width, unit);
    const t = load<f64>(template + 8 * p);
    const i = sample<f64>(image, height, width, 1);
    const gx = sample<f64>(slopeX, height, width, 1) / depth;
    const gy = sample<f64>(slopeY, height, width, 1) / depth;
    const w = -(gx * u + gy * v);
    store<f64>(jacobian, gx * x);
    store<f64>(jacobian, gx * y, 8);
    store<f64>(jacobian, gx, 16);
    store<f64>(jacobian, gy * x, 24);
    store<f64>(jacobian, gy * y, 32);
    store<f64>(jacobian, gy, 40);
    store<f64>(jacobian, w * x, 48);
    store<f64>(jacobian, w * y, 56);
    add(sums, T, t);
    add(sums, I, i);
    add(sums, TT, t * t);
    add(sums, II, i * i);
    add(sums, TI, t * i);
    for (let k = 0; k < PARAMETERS; k++) {
      const slope = load<f64>(jacobian + 8 * k);
      add(sums, J + k, slope);
      add(sums, JT + k, slope * t);
      add(sums, JI + k, slope * i);
      for (let l = k; l < PARAMETERS; l++) addProduct(sums, k, l, slope * load<f64>(jacobian + 8 * l));
    }
  }
}

/** An 8-bit image, warped, as 32-bit floats. */
export function warp(h: usize, image: usize, height: i32, width: i32, channels: i32, to: usize): void {
  const unit = <f64>max(height, width) / 2;
  for (let p = 0; p < height * width; p++) {
    const x = (<f64>(p % width) - <f64>(width - 1) / 2) / unit;
    const y = (<f64>(p / width) - <f64>(height - 1) / 2) / unit;
    project(h, x, y, height, width, unit);
    for (let channel = 0; channel < channels; channel++) {
      store<f32>(to + 4 * (p * channels + channel), <f32>sample<u8>(image + channel, height, width, channels));
    }
  }
}
