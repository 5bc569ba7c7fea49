/**
 * Blocks of the image that are changed each by itself: structure invariance (Wang et al. 2023), which shifts, mirrors, turns, dims or adds noise to them; and block
 * shuffle and rotation (Wang et al. 2024). Both are samplings of pixels, whose places and weights are drawn on the host.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { integer } from '../../parameters/index.js';
import { type RandomStream, shuffledIndices } from '../../random.js';
import type { ViewPart } from './parts.js';

export const BLOCK_PARAMETERS = {
  blocks: integer({
    default: 3,
    minimum: 1,
    maximum: 20,
    description: 'Blocks along each side of the image. The papers have 3 and 2.',
  }),
};

type ImageShape = readonly [number, number, number];

/** Where each pixel is taken from. */
interface Sampling {
  /** `[taps, height · width]`, places of pixels. */
  readonly places: Float32Array;
  /** `[taps, height · width]`. */
  readonly weights: Float32Array;
  /** `[height, width, channels]`, what is then added. */
  readonly noise: Float32Array;
}

/** @param taps pixels that each one is mixed of. */
function sampled(variant: string, [height, width, channels]: ImageShape, taps: number, draw: (stream: RandomStream) => Sampling): ViewPart {
  const pixels = height * width;
  return {
    variant,
    drawn: { blockPlaces: [taps, pixels], blockWeights: [taps, pixels], blockNoise: [height, width, channels] },
    draw(stream) {
      const { places, weights, noise } = draw(stream);
      return { blockPlaces: places, blockWeights: weights, blockNoise: noise };
    },
    view(x, { blockPlaces, blockWeights, blockNoise }) {
      const n = x.shape[0];
      const places = tf.cast(tf.reshape(blockPlaces!, [n, taps * pixels]), 'int32');
      const taken = tf.reshape(tf.gather(tf.reshape(x, [n, pixels, channels]), places, 1, 1), [n, taps, pixels, channels]);
      const mixed = tf.sum(tf.mul(taken, tf.reshape(blockWeights!, [n, taps, pixels, 1])), 1);
      return tf.clipByValue(tf.add(tf.reshape(mixed, [n, height, width, channels]), blockNoise!), 0, 1) as tf.Tensor4D;
    },
  };
}

/** Largest noise of structure invariance; as in the authors' code. */
const NOISE = 16 / 255;

/** Of a block: top, left, height and width. */
type Block = readonly [number, number, number, number];

/** Where a pixel of a block is taken from. */
type Turn = (y: number, x: number, block: Block, shift: readonly [number, number]) => readonly [number, number];

const TURNS: readonly Turn[] = [
  (y, x, [top, , height], [down]) => [top + ((y - top + height - down) % height), x],
  (y, x, [, left, , width], [, right]) => [y, left + ((x - left + width - right) % width)],
  (y, x, [top, , height]) => [2 * top + height - 1 - y, x],
  (y, x, [, left, , width]) => [y, 2 * left + width - 1 - x],
  (y, x, [top, left, height, width]) => [2 * top + height - 1 - y, 2 * left + width - 1 - x],
];

/** What a block goes through: one of {@link TURNS}, another brightness, or noise. */
export function structure(blocks: number, imageShape: ImageShape): ViewPart {
  const [height, width, channels] = imageShape;
  return sampled(`structure.${blocks}`, imageShape, 1, (stream) => {
    const places = Float32Array.from({ length: height * width }, (_, at) => at);
    const weights = new Float32Array(height * width).fill(1);
    const noise = new Float32Array(height * width * channels);
    for (const block of gridOf(stream, blocks, height, width)) {
      const [top, left, rows, columns] = block;
      const kind = stream.integer(TURNS.length + 2);
      const shift = [stream.integer(rows), stream.integer(columns)] as const;
      const brightness = stream.uniform();
      for (let y = top; y < top + rows; y++) {
        for (let x = left; x < left + columns; x++) {
          const at = y * width + x;
          const turn = TURNS[kind];
          if (turn) {
            const [row, column] = turn(y, x, block, shift);
            places[at] = row * width + column;
          } else if (kind === TURNS.length) weights[at] = brightness;
          else for (let c = 0; c < channels; c++) noise[at * channels + c] = NOISE * (2 * stream.uniform() - 1);
        }
      }
    }
    return { places, weights, noise };
  });
}

/** Blocks between random cuts of each side. */
function gridOf(stream: RandomStream, blocks: number, height: number, width: number): Block[] {
  const cuts = (length: number) => {
    const inside = [...shuffledIndices(stream, length - 1)].slice(0, Math.min(blocks, length) - 1).map((at) => at + 1);
    return [0, ...inside.sort((a, b) => a - b), length];
  };
  const [rows, columns] = [cuts(height), cuts(width)];
  return rows.slice(1).flatMap((bottom, i) =>
    columns.slice(1).map((right, j): Block => {
      const [top, left] = [rows[i]!, columns[j]!];
      return [top, left, bottom - top, right - left];
    }),
  );
}

/** Largest rotation of a strip in degrees; as in the authors' code. */
const ROTATION = 24;

/** Strips of one side are turned and cut into blocks of the other; strips, and the blocks of each, are put together in another order. */
export function shuffledBlocks(blocks: number, imageShape: ImageShape): ViewPart {
  const [height, width, channels] = imageShape;
  const noise = new Float32Array(height * width * channels);
  return sampled(`shuffled.${blocks}`, imageShape, 4, (stream) => {
    const places = new Float32Array(4 * height * width);
    const weights = new Float32Array(4 * height * width);
    const isByRows = stream.integer(2) === 0;
    const [length, breadth] = isByRows ? [height, width] : [width, height];
    for (const strip of shuffledParts(stream, length, blocks)) {
      const angle = (ROTATION * (2 * stream.uniform() - 1) * Math.PI) / 180;
      const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
      const order = shuffledParts(stream, breadth, blocks).flatMap((part) =>
        Array.from({ length: part.size }, (_, k) => ({ to: part.to + k, from: part.from + k })),
      );
      const [middle, centre] = [strip.from + (strip.size - 1) / 2, (breadth - 1) / 2];
      for (let k = 0; k < strip.size; k++) {
        for (const { to, from } of order) {
          const [alongStrip, across] = [strip.from + k - middle, from - centre];
          const sourceStrip = middle + cosine * alongStrip - sine * across;
          const sourceAcross = centre + sine * alongStrip + cosine * across;
          const pixel = isByRows ? (strip.to + k) * width + to : to * width + strip.to + k;
          setTaps(pixel, sourceStrip, sourceAcross, strip);
        }
      }
    }
    return { places, weights, noise };

    /** Bilinear, black from outside of the strip. */
    function setTaps(pixel: number, sourceStrip: number, sourceAcross: number, strip: Part): void {
      for (let tap = 0; tap < 4; tap++) {
        const [a, b] = [Math.floor(sourceStrip) + (tap >> 1), Math.floor(sourceAcross) + (tap & 1)];
        if (a < strip.from || a >= strip.from + strip.size || b < 0 || b >= breadth) continue;
        const at = tap * height * width + pixel;
        places[at] = isByRows ? a * width + b : b * width + a;
        weights[at] = (1 - Math.abs(sourceStrip - a)) * (1 - Math.abs(sourceAcross - b));
      }
    }
  });
}

/** A part of a side, where it is and where it goes. */
interface Part {
  readonly from: number;
  readonly to: number;
  readonly size: number;
}

/** Random lengths, none twice as long as another but for rounding, in a random order. */
function shuffledParts(stream: RandomStream, length: number, count: number): Part[] {
  const draws = Array.from({ length: count }, () => 1 + stream.uniform());
  const total = draws.reduce((sum, draw) => sum + draw, 0);
  const sizes = draws.map((draw) => Math.round((draw / total) * length));
  sizes[sizes.indexOf(Math.max(...sizes))]! += length - sizes.reduce((sum, size) => sum + size, 0);
  const starts = sizes.map((_, k) => sizes.slice(0, k).reduce((sum, size) => sum + size, 0));
  let to = 0;
  return [...shuffledIndices(stream, count)].map((k) => {
    const part = { from: starts[k]!, to, size: sizes[k]! };
    to += sizes[k]!;
    return part;
  });
}
