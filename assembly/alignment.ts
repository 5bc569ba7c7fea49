/**
 * Sums over pixels for PASS, which lays one image over another by a homography `[h00, h01, h02, h10, h11, h12, h20, h21]`; see
 * src/compute/distances/pass-alignment.ts for the method. All values are 64-bit floats. Coordinates run from the image's centre, in half of its longer side.
 * @module
 */

/**
 * Columns of the Jacobian: gx x, gx y, gx, gy x, gy y, gy, w x, w y and w, where gx and gy are the slopes of the image and w is what the homography's last row
 * changes. The last column would be of h22, which is 1.
 */
const COLUMNS = 9;

// Where the sums are, counted in numbers: of the template t and the image i, of the Jacobian j, and of the products of its columns.
const T = 0;
const I = 1;
const TT = 2;
const II = 3;
const TI = 4;
const J = 5;
const JT = J + COLUMNS;
const JI = JT + COLUMNS;
const JJ = JI + COLUMNS;
const SUMS = JJ + COLUMNS * COLUMNS;

function add(sums: usize, index: i32, value: f64): void {
  const at = sums + 8 * index;
  store<f64>(at, load<f64>(at) + value);
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

/** x of two pixels from `column` on. */
function xAt(column: i32, width: i32, unit: f64): v128 {
  const c = <f64>column - <f64>(width - 1) / 2;
  return f64x2.div(f64x2(c, c + 1), f64x2.splat(unit));
}

/** Two values of a row, and 0 for what is behind its end. */
function pair(row: usize, column: i32, width: i32): v128 {
  return column + 1 < width ? v128.load(row + 8 * column) : v128.load64_zero(row + 8 * column);
}

/**
 * Adds a row of pixels to the sums. Along a row y is the same, so that all of them follow from sums of gx, gy, w and their products, times powers of x.
 * @param template a row, and `image`, `gx`, `gy` and `w` rows of the image as it is warped.
 */
function addRow(template: usize, image: usize, gx: usize, gy: usize, w: usize, width: i32, unit: f64, y: f64, sums: usize): void {
  const none = f64x2.splat(0);
  let t = none, i = none, tt = none, ii = none, ti = none; // prettier-ignore
  for (let column = 0; column < width; column += 2) {
    const vt = pair(template, column, width);
    const vi = pair(image, column, width);
    t = f64x2.add(t, vt);
    i = f64x2.add(i, vi);
    tt = plus(tt, vt, vt);
    ii = plus(ii, vi, vi);
    ti = plus(ti, vt, vi);
  }
  add(sums, T, sumOf(t));
  add(sums, I, sumOf(i));
  add(sums, TT, sumOf(tt));
  add(sums, II, sumOf(ii));
  add(sums, TI, sumOf(ti));
  addColumns(template, image, gx, width, unit, y, sums, 0);
  addColumns(template, image, gy, width, unit, y, sums, 3);
  addColumns(template, image, w, width, unit, y, sums, 6);
  addProducts(gx, gx, width, unit, y, sums, 0, 0);
  addProducts(gx, gy, width, unit, y, sums, 0, 3);
  addProducts(gx, w, width, unit, y, sums, 0, 6);
  addProducts(gy, gy, width, unit, y, sums, 3, 3);
  addProducts(gy, w, width, unit, y, sums, 3, 6);
  addProducts(w, w, width, unit, y, sums, 6, 6);
}

/** The sums of a x, a y and a, alone, times t and times i. @param at the first of the three columns. */
function addColumns(template: usize, image: usize, a: usize, width: i32, unit: f64, y: f64, sums: usize, at: i32): void {
  const none = f64x2.splat(0);
  let zeroth = none, first = none, zerothT = none, firstT = none, zerothI = none, firstI = none; // prettier-ignore
  for (let column = 0; column < width; column += 2) {
    const vt = pair(template, column, width);
    const vi = pair(image, column, width);
    const value = pair(a, column, width);
    const timesX = f64x2.mul(value, xAt(column, width, unit));
    zeroth = f64x2.add(zeroth, value);
    first = f64x2.add(first, timesX);
    zerothT = plus(zerothT, value, vt);
    firstT = plus(firstT, timesX, vt);
    zerothI = plus(zerothI, value, vi);
    firstI = plus(firstI, timesX, vi);
  }
  addThree(sums, J + at, y, sumOf(zeroth), sumOf(first));
  addThree(sums, JT + at, y, sumOf(zerothT), sumOf(firstT));
  addThree(sums, JI + at, y, sumOf(zerothI), sumOf(firstI));
}

function addThree(sums: usize, at: i32, y: f64, zeroth: f64, first: f64): void {
  add(sums, at, first);
  add(sums, at + 1, y * zeroth);
  add(sums, at + 2, zeroth);
}

/** The sums of the products of a x, a y and a with b x, b y and b. @param k the first of the three columns of a. @param l that of b. */
function addProducts(a: usize, b: usize, width: i32, unit: f64, y: f64, sums: usize, k: i32, l: i32): void {
  const none = f64x2.splat(0);
  let zeroth = none, first = none, second = none; // prettier-ignore
  for (let column = 0; column < width; column += 2) {
    const x = xAt(column, width, unit);
    const product = f64x2.mul(pair(a, column, width), pair(b, column, width));
    const timesX = f64x2.mul(product, x);
    zeroth = f64x2.add(zeroth, product);
    first = f64x2.add(first, timesX);
    second = plus(second, timesX, x);
  }
  const at = JJ + COLUMNS * k + l;
  addThree(sums, at, y, sumOf(first), sumOf(second));
  addThree(sums, at + COLUMNS, y, y * sumOf(zeroth), y * sumOf(first));
  addThree(sums, at + 2 * COLUMNS, y, sumOf(zeroth), sumOf(first));
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

/** The sums at the identity, where nothing has to be sampled. @param sums is overwritten. @param rows room for a row. */
export function sumsAtIdentity(
  template: usize,
  image: usize,
  slopeX: usize,
  slopeY: usize,
  height: i32,
  width: i32,
  sums: usize,
  rows: usize,
): void {
  memory.fill(sums, 0, 8 * SUMS);
  const unit = <f64>max(height, width) / 2;
  for (let r = 0; r < height; r++) {
    const y = (<f64>r - <f64>(height - 1) / 2) / unit;
    const from = 8 * r * width;
    for (let column = 0; column < width; column += 2) {
      const gx = pair(slopeX + from, column, width);
      const gy = pair(slopeY + from, column, width);
      v128.store(rows + 8 * column, f64x2.neg(plus(f64x2.mul(gy, f64x2.splat(y)), gx, xAt(column, width, unit))));
    }
    addRow(template + from, image + from, slopeX + from, slopeY + from, rows, width, unit, y, sums);
  }
}

/** The sums at a homography. @param sums is overwritten. @param rows room for four rows. */
export function sumsAt(
  h: usize,
  template: usize,
  image: usize,
  slopeX: usize,
  slopeY: usize,
  height: i32,
  width: i32,
  sums: usize,
  rows: usize,
): void {
  memory.fill(sums, 0, 8 * SUMS);
  const unit = <f64>max(height, width) / 2;
  const rowX = rows + 8 * width;
  const rowY = rowX + 8 * width;
  const rowW = rowY + 8 * width;
  for (let r = 0; r < height; r++) {
    const y = (<f64>r - <f64>(height - 1) / 2) / unit;
    for (let c = 0; c < width; c++) {
      project(h, (<f64>c - <f64>(width - 1) / 2) / unit, y, height, width, unit);
      const gx = sample<f64>(slopeX, height, width, 1) / depth;
      const gy = sample<f64>(slopeY, height, width, 1) / depth;
      store<f64>(rows + 8 * c, sample<f64>(image, height, width, 1));
      store<f64>(rowX + 8 * c, gx);
      store<f64>(rowY + 8 * c, gy);
      store<f64>(rowW + 8 * c, -(gx * u + gy * v));
    }
    addRow(template + 8 * r * width, rows, rowX, rowY, rowW, width, unit, y, sums);
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
