/** Colours as people see them: sRGB, CIELAB, CIELUV and the difference CIEDE2000 (Sharma, Wu & Dalal 2005), with finite slopes everywhere. @module */
import * as tf from '@tensorflow/tfjs-core';
import { floats, type HostTensor } from '../../tensors/index.js';
import type { Engine } from '../../engine/index.js';
import { ComputeError } from '../../errors.js';
import type { AttackedModel } from '../core/definition.js';
import { sumOverPixels } from '../norms/reduce.js';

/** From linear sRGB to CIE XYZ, by IEC 61966-2-1. */
const XYZ_OF_RGB = [
  [0.4124564, 0.3575761, 0.1804375],
  [0.2126729, 0.7151522, 0.072175],
  [0.0193339, 0.119192, 0.9503041],
] as const;

/** XYZ of white, D65: the sums of the rows, so that grey has no chroma. */
const WHITE = XYZ_OF_RGB.map((row) => row.reduce((sum, share) => sum + share, 0)) as [number, number, number];

/** Keeps slopes of roots and quotients finite. */
const SMALL = 1e-12;

/** Below it, the cube root of CIELAB is a line. */
const LINEAR_BELOW = (6 / 29) ** 3;

/** Coordinates of colours, of one shape each. */
export type Colours = readonly [tf.Tensor, tf.Tensor, tf.Tensor];

/** Grey or RGB. */
const hasColours = (channels: number) => channels === 1 || channels === 3;

/** @throws ComputeError UNSUPPORTED_OPERATION for images that are neither grey nor RGB. */
export function checkColours({ model }: AttackedModel): void {
  const channels = model.spec.inputShape[2];
  if (hasColours(channels)) return;
  throw new ComputeError(
    'UNSUPPORTED_OPERATION',
    `Images of ${channels} channels have no colours that are known. The attack takes grey images and RGB.`,
    ['kind'],
  );
}

/** Linear sRGB. @param image `[n, height, width, 1 or 3]`, sRGB in [0, 1]. @returns `[n, height, width, 1]` each; of grey, three times the same. */
function linearRgb(image: tf.Tensor): Colours {
  const curved = tf.pow(tf.div(tf.add(tf.maximum(image, 0.04045), 0.055), 1.055), 2.4);
  const linear = tf.where(tf.greater(image, 0.04045), curved, tf.div(image, 12.92));
  const channels = tf.split(linear, image.shape[3]!, 3);
  return [channels[0]!, channels[1] ?? channels[0]!, channels[2] ?? channels[0]!];
}

/** CIE XYZ, white having 1 for Y. */
function xyz(rgb: Colours): Colours {
  return XYZ_OF_RGB.map((row) => tf.addN(row.map((share, k) => tf.mul(share, rgb[k]!)))) as unknown as Colours;
}

/** CIELAB: L* in [0, 100], a*, b*. @param image as for {@link linearRgb}. */
export function lab(image: tf.Tensor): Colours {
  const [x, y, z] = xyz(linearRgb(image)).map((value, k) => {
    const share = tf.div(value, WHITE[k]!);
    const root = tf.pow(tf.maximum(share, LINEAR_BELOW), 1 / 3);
    return tf.where(tf.greater(share, LINEAR_BELOW), root, tf.add(tf.div(share, 3 * (6 / 29) ** 2), 4 / 29));
  }) as [tf.Tensor, tf.Tensor, tf.Tensor];
  return [tf.sub(tf.mul(116, y), 16), tf.mul(500, tf.sub(x, y)), tf.mul(200, tf.sub(y, z))];
}

/** From XYZ to linear sRGB. */
const RGB_OF_XYZ = [
  [3.2404542, -1.5371385, -0.4985314],
  [-0.969266, 1.8760108, 0.041556],
  [0.0556434, -0.2040259, 1.0572252],
] as const;

/** u' and v' of white. */
const [WHITE_U, WHITE_V] = [4, 9].map((factor, k) => (factor * WHITE[k]!) / (WHITE[0] + 15 * WHITE[1] + 3 * WHITE[2])) as [number, number];

/** CIELUV, `[n, height, width, 1 or 3]`: L* over 100, and u* and v* from -100 to 100 as 0 to 1. Of grey, the first alone. @param image as for {@link linearRgb}. */
export function luv(image: tf.Tensor): tf.Tensor {
  const [x, y, z] = xyz(linearRgb(image));
  const root = tf.sub(tf.mul(116, tf.pow(tf.maximum(y, LINEAR_BELOW), 1 / 3)), 16);
  const lightness = tf.where(tf.greater(y, LINEAR_BELOW), root, tf.mul((29 / 3) ** 3, y));
  if (image.shape[3] === 1) return tf.div(lightness, 100);
  const whole = tf.add(tf.add(x, tf.mul(15, y)), tf.add(tf.mul(3, z), SMALL));
  const chromaOf = (share: tf.Tensor, white: number) => tf.div(tf.add(tf.mul(tf.mul(13, lightness), tf.sub(share, white)), 100), 200);
  const [u, v] = [chromaOf(tf.div(tf.mul(4, x), whole), WHITE_U), chromaOf(tf.div(tf.mul(9, y), whole), WHITE_V)];
  return tf.concat([tf.div(lightness, 100), u, v], 3);
}

/** The image of colours in {@link luv}, clipped to the range. */
export function imageOfLuv(colours: tf.Tensor): tf.Tensor {
  const [share, ...chroma] = tf.split(colours, colours.shape[3]!, 3) as [tf.Tensor, ...tf.Tensor[]];
  const lightness = tf.clipByValue(tf.mul(100, share), 0, 100);
  const cube = tf.pow(tf.div(tf.add(lightness, 16), 116), 3);
  const y = tf.where(tf.greater(lightness, 8), cube, tf.mul((3 / 29) ** 3, lightness));
  if (chroma.length === 0) return curved(y);
  const [u, v] = chroma.map((value, k) => {
    const over = tf.div(tf.sub(tf.mul(200, value), 100), tf.add(tf.mul(13, lightness), SMALLEST_LIGHTNESS));
    return tf.add(over, k === 0 ? WHITE_U : WHITE_V);
  }) as [tf.Tensor, tf.Tensor];
  const whole = tf.mul(4, tf.maximum(v, SMALLEST_LIGHTNESS));
  const x = tf.div(tf.mul(y, tf.mul(9, u)), whole);
  const z = tf.div(tf.mul(y, tf.sub(12, tf.add(tf.mul(3, u), tf.mul(20, v)))), whole);
  const tristimulus = [x, y, z].map((value) => tf.clipByValue(value, 0, 1.1));
  return tf.concat(
    RGB_OF_XYZ.map((row) => curved(tf.addN(row.map((factor, k) => tf.mul(factor, tristimulus[k]!))))),
    3,
  );
}

/** Keeps quotients of black finite. */
const SMALLEST_LIGHTNESS = 1e-3;

/** From linear sRGB to sRGB in [0, 1]. */
function curved(linear: tf.Tensor): tf.Tensor {
  const root = tf.sub(tf.mul(1.055, tf.pow(tf.maximum(linear, 0.0031308), 1 / 2.4)), 0.055);
  return tf.clipByValue(tf.where(tf.greater(linear, 0.0031308), root, tf.mul(12.92, linear)), 0, 1);
}

/** Of a vector; its length where it is not zero. */
const lengthOf = (a: tf.Tensor, b: tf.Tensor) => tf.sqrt(tf.add(tf.add(tf.square(a), tf.square(b)), SMALL));

/** `√(C⁷ / (C⁷ + 25⁷))`. */
function chromaRatio(chroma: tf.Tensor): tf.Tensor {
  const share = tf.div(chroma, 25);
  return tf.div(tf.pow(share, 3.5), tf.sqrt(tf.add(tf.pow(share, 7), 1)));
}

/**
 * The square of CIEDE2000 between colours in CIELAB, with all weights 1. Hues are followed as vectors and not as angles, so that nothing jumps where they pass 0°.
 */
export function squaredDifference([l1, a1, b1]: Colours, [l2, a2, b2]: Colours): tf.Tensor {
  const half = (a: tf.Tensor, b: tf.Tensor) => tf.div(tf.add(a, b), 2);
  const stretch = tf.sub(1.5, tf.div(chromaRatio(half(lengthOf(a1, b1), lengthOf(a2, b2))), 2));
  const [p1, p2] = [tf.mul(stretch, a1), tf.mul(stretch, a2)];
  const [c1, c2] = [lengthOf(p1, b1), lengthOf(p2, b2)];
  const [dp, db] = [tf.mul(stretch, tf.sub(a2, a1)), tf.sub(b2, b1)];
  const chroma = half(c1, c2);
  // C2 - C1, without the difference of two large numbers.
  const dc = tf.div(tf.add(tf.mul(dp, tf.add(p1, p2)), tf.mul(db, tf.add(b1, b2))), tf.add(c1, c2));
  // The mean hue, and twice the cosine of half of the angle between the hues.
  const [u, v] = [tf.add(tf.div(p1, c1), tf.div(p2, c2)), tf.add(tf.div(b1, c1), tf.div(b2, c2))];
  const both = lengthOf(u, v);
  const [cos, sin] = [tf.div(u, both), tf.div(v, both)];
  const dh = tf.div(tf.mul(2, tf.sub(tf.mul(p1, db), tf.mul(b1, dp))), tf.mul(tf.sqrt(tf.mul(c1, c2)), both));

  const offset = tf.square(tf.sub(half(l1, l2), 50));
  const ofLightness = tf.add(1, tf.div(tf.mul(0.015, offset), tf.sqrt(tf.add(20, offset))));
  const ofChroma = tf.add(1, tf.mul(0.045, chroma));
  const ofHue = tf.add(1, tf.mul(tf.mul(0.015, chroma), hueWeight(cos, sin)));
  const [x, y, z] = [tf.div(tf.sub(l2, l1), ofLightness), tf.div(dc, ofChroma), tf.div(dh, ofHue)];
  const turn = tf.mul(tf.mul(-2, chromaRatio(chroma)), tf.sin(tf.mul((60 * Math.PI) / 180, blueness(cos, sin))));
  return tf.add(tf.add(tf.square(x), tf.square(y)), tf.add(tf.square(z), tf.mul(turn, tf.mul(y, z))));
}

/** `cos(k h - degrees)` of a hue by its cosine and sine. */
function multiple(cos: tf.Tensor, sin: tf.Tensor, k: number, degrees: number): tf.Tensor {
  let [c, s] = [cos, sin];
  for (let n = 1; n < k; n++) [c, s] = [tf.sub(tf.mul(c, cos), tf.mul(s, sin)), tf.add(tf.mul(s, cos), tf.mul(c, sin))];
  const angle = (degrees * Math.PI) / 180;
  return tf.add(tf.mul(c, Math.cos(angle)), tf.mul(s, Math.sin(angle)));
}

/** T. */
function hueWeight(cos: tf.Tensor, sin: tf.Tensor): tf.Tensor {
  const terms = [
    tf.mul(-0.17, multiple(cos, sin, 1, 30)),
    tf.mul(0.24, multiple(cos, sin, 2, 0)),
    tf.mul(0.32, multiple(cos, sin, 3, -6)),
    tf.mul(-0.2, multiple(cos, sin, 4, 63)),
  ];
  return tf.add(1, tf.addN(terms));
}

/** `exp(-((h - 275°) / 25°)²)` of a hue from 0° to 360°; below 180° it is less than 1e-6. */
function blueness(cos: tf.Tensor, sin: tf.Tensor): tf.Tensor {
  const [c, s] = [multiple(cos, sin, 1, 275), multiple(cos, sin, 1, 275 + 90)];
  // Away from the side where it is nothing, the angle is less than 95°.
  const angle = tf.mul(360 / Math.PI, tf.atan(tf.div(s, tf.add(1, tf.maximum(c, -0.5)))));
  return tf.where(tf.less(sin, 0), tf.exp(tf.neg(tf.square(tf.div(angle, 25)))), tf.zerosLike(sin));
}

/** The sum over pixels of squares of CIEDE2000, `[n, 1, 1, 1]`. */
export function colourDifference(image: tf.Tensor, original: tf.Tensor): tf.Tensor {
  return sumOverPixels(squaredDifference(lab(original), lab(image)));
}

/** The root of {@link colourDifference} of each image, `[n, height, width, channels]`; NaN where the channels are no colours. */
export async function colourDistances(
  engine: Engine,
  original: HostTensor,
  images: HostTensor,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const [n, ...shape] = original.shape as [number, number, number, number];
  if (!hasColours(shape[2])) return new Float32Array(n).fill(NaN);
  const image = { dtype: 'float32', shape } as const;
  const compiled = await engine.batched({
    name: 'ciede2000',
    fingerprint: '',
    inputs: { original: image, images: image },
    fn: ({ original: from, images: to }) => ({ squares: colourDifference(to!, from!) }),
  });
  // No difference at all is 1e-12 or so of it, by which slopes are kept finite.
  const { squares } = await compiled.run({ original, images }, { signal });
  return floats(squares!).map((value) => Math.sqrt(Math.max(0, value)));
}
