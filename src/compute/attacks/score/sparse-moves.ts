/** The moves of Sparse-RS: which pixels change, and to which colours. @module */
import type { RandomStream } from '../../random.js';
import { shuffledIndices } from '../../random.js';

export type ImageShape = readonly [number, number, number];

/** The changed pixels of one example. */
export interface SparseMoves {
  /** The first candidate. */
  start(): void;
  /** The next candidate. @param query number of queries before. */
  move(query: number): void;
  /** Takes the last move back. */
  undo(): void;
  /** Writes the candidate. */
  write(image: Float32Array, original: Float32Array): void;
}

/** Queries that the authors' schedules were made for. */
const SCHEDULE_QUERIES = 10_000;
const scheduled = (query: number, queries: number) => Math.floor((query / queries) * SCHEDULE_QUERIES);

/** Queries from which on the share of pixels that a move changes is divided, and by what. */
const PIXEL_SCHEDULE = [
  [0, 2],
  [50, 4],
  [200, 5],
  [500, 6],
  [1000, 8],
  [2000, 10],
  [4000, 12],
  [6000, 15],
  [8000, 20],
] as const;
const PATCH_SCHEDULE = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];

/** A corner of the cube of colours. */
const colour = (stream: RandomStream, channels: number) => Uint8Array.from({ length: channels }, () => stream.integer(2));

/** A colour other than one. */
function otherColour(stream: RandomStream, before: Uint8Array): Uint8Array {
  for (;;) {
    const next = colour(stream, before.length);
    if (next.some((value, c) => value !== before[c])) return next;
  }
}

interface Limits {
  readonly queries: number;
  readonly share: number;
}

/** k pixels anywhere: a move sets some back and takes others. */
export function movedPixels(
  [height, width, channels]: ImageShape,
  { pixels, queries, share }: Limits & { readonly pixels: number },
  stream: RandomStream,
): SparseMoves {
  const count = Math.min(pixels, height * width);
  // The first `count` are changed.
  const order = shuffledIndices(stream, height * width);
  let colours = Array.from({ length: count }, () => colour(stream, channels));
  let [swaps, before]: [readonly (readonly [number, number])[], typeof colours] = [[], colours];
  const swap = ([a, b]: readonly [number, number]) => ([order[a], order[b]] = [order[b]!, order[a]!]);
  return {
    start: () => undefined,
    move(query) {
      const divisor = PIXEL_SCHEDULE.findLast(([after]) => scheduled(query, queries) > after)?.[1] ?? 1;
      const moved = Math.min(order.length - count, Math.max(1, Math.floor((share / divisor) * count)));
      const leaving = shuffledIndices(stream, count).subarray(0, moved);
      const coming = shuffledIndices(stream, order.length - count).subarray(0, moved);
      swaps = Array.from(leaving, (at, k) => [at, count + coming[k]!] as const);
      before = colours;
      colours = colours.slice();
      for (const at of leaving) colours[at] = colour(stream, channels);
      for (const one of swaps) swap(one);
    },
    undo() {
      for (const one of swaps) swap(one);
      colours = before;
    },
    write(image, original) {
      image.set(original);
      for (const [k, one] of colours.entries()) image.set(one, order[k]! * channels);
    },
  };
}

/** Squares of random colours that a patch begins as. */
const FIRST_SQUARES = 1000;

/** From which share of the queries on, of those with single pixels, one channel changes at a time. */
const SINGLE_CHANNEL = 0.5;

/** The patch moves at most by this share of the image's side, at first. */
const FARTHEST = 0.75;

/** A square: a move changes a part of it, or its place. */
export function movedPatch(
  [height, width, channels]: ImageShape,
  { side: wanted, locationPeriod, queries, share }: Limits & { readonly side: number; readonly locationPeriod: number },
  stream: RandomStream,
): SparseMoves {
  const side = Math.min(wanted, height, width);
  const sideAt = (query: number) => {
    const halvings = PATCH_SCHEDULE.filter((after) => scheduled(query, queries) > after).length;
    return Math.max(1, Math.floor(Math.sqrt(share / 2 ** halvings) * side));
  };
  const firstSingle = Array.from({ length: queries }, (_, query) => query).find((query) => sideAt(query) === 1) ?? queries;
  const singleChannels = firstSingle + Math.floor((queries - firstSingle) * SINGLE_CHANNEL);
  let patch = new Float32Array(side * side * channels);
  let place = [stream.integer(height - side + 1), stream.integer(width - side + 1)] as const;
  let before = { patch, place };
  const paint = (part: number, change: (values: Float32Array, at: number) => void) => {
    const [top, left] = [stream.integer(side - part + 1), stream.integer(side - part + 1)];
    for (let y = top; y < top + part; y++) for (let x = left; x < left + part; x++) change(patch, (y * side + x) * channels);
  };
  return {
    start() {
      const largest = Math.max(1, Math.ceil(Math.sqrt(side)) - 1);
      for (let square = 0; square < FIRST_SQUARES; square++) {
        const values = colour(stream, channels);
        paint(1 + stream.integer(largest), (to, at) => to.set(values, at));
      }
    },
    move(query) {
      before = { patch, place };
      const reach = Math.floor(FARTHEST * Math.max(0, 1 - query / queries) * height);
      if (query % locationPeriod === 0 && reach > 0) {
        const moved = (at: number, length: number) => Math.min(length - side, Math.max(0, at + stream.integer(2 * reach + 1) - reach));
        place = [moved(place[0], height), moved(place[1], width)];
        return;
      }
      patch = patch.slice();
      const part = sideAt(query);
      if (part > 1) {
        const signs = Array.from({ length: channels }, () => 2 * stream.integer(2) - 1);
        paint(part, (to, at) => signs.forEach((sign, c) => (to[at + c] = Math.min(1, Math.max(0, to[at + c]! + sign)))));
      } else if (query < singleChannels) {
        paint(1, (to, at) => to.set(otherColour(stream, Uint8Array.from(to.subarray(at, at + channels))), at));
      } else {
        const channel = stream.integer(channels);
        paint(1, (to, at) => (to[at + channel] = 1 - to[at + channel]!));
      }
    },
    undo: () => ({ patch, place } = before),
    write(image, original) {
      image.set(original);
      for (let y = 0; y < side; y++) {
        image.set(patch.subarray(y * side * channels, (y + 1) * side * channels), ((place[0] + y) * width + place[1]) * channels);
      }
    },
  };
}

/** A frame: a move changes a square of it, from a random pixel in a random direction. */
export function movedFrame(
  [height, width, channels]: ImageShape,
  { width: frame, queries, share }: Limits & { readonly width: number },
  stream: RandomStream,
): SparseMoves {
  const isFrame = (y: number, x: number) => y < frame || x < frame || y >= height - frame || x >= width - frame;
  const places = Array.from({ length: height * width }, (_, at) => at).filter((at) => isFrame(Math.floor(at / width), at % width));
  const sideAt = (query: number) => {
    const left = (SCHEDULE_QUERIES - scheduled(query, queries)) / SCHEDULE_QUERIES - 0.5;
    return Math.max(1, 3 * Math.ceil(Math.max(0, left * share * frame ** 2)));
  };
  const firstSingle = Array.from({ length: queries }, (_, query) => query).find((query) => sideAt(query) === 1) ?? queries;
  const singleChannels = firstSingle + Math.floor((queries - firstSingle) * SINGLE_CHANNEL);
  let values = new Map<number, Uint8Array>(places.map((at) => [at, colour(stream, channels)]));
  let before = values;
  return {
    start: () => undefined,
    move(query) {
      before = values;
      values = new Map(values);
      const at = places[stream.integer(places.length)]!;
      const side = sideAt(query);
      const old = values.get(at)!;
      if (side > 1) {
        const [down, right, next] = [2 * stream.integer(2) - 1, 2 * stream.integer(2) - 1, colour(stream, channels)];
        const clamp = (value: number, length: number) => Math.min(length - 1, Math.max(0, value));
        for (let y = 0; y < side; y++) {
          for (let x = 0; x < side; x++) {
            const place = clamp(Math.floor(at / width) + down * y, height) * width + clamp((at % width) + right * x, width);
            if (values.has(place)) values.set(place, next);
          }
        }
      } else if (query < singleChannels) values.set(at, otherColour(stream, old));
      else {
        const channel = stream.integer(channels);
        values.set(
          at,
          old.map((value, c) => (c === channel ? 1 - value : value)),
        );
      }
    },
    undo: () => (values = before),
    write(image, original) {
      image.set(original);
      for (const [at, one] of values) image.set(one, at * channels);
    },
  };
}
