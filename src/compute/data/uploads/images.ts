/** The image of one example of an upload: decoded, prepared as was asked for, and like the first. @module */
import { type ImageShape, type Levels, levelTypeOf, type LevelType } from '../../tensors/index.js';
import { decodePicture, greyToColour } from './decode-picture.js';
import { resize } from './resize.js';
import type { UploadLimits, UploadRequest } from './request.js';
import { invalidAt, limitExceeded, type RawImage, type UploadedExample } from './types.js';

/** An example's image as its file has it. @throws ComputeError INVALID_DATASET naming file and row, or LIMIT_EXCEEDED. */
export async function decodeExample({ at, read }: UploadedExample, limits: Pick<UploadLimits, 'maxPixels'>): Promise<RawImage> {
  const found = await read();
  const image = 'encoded' in found ? await decodePicture(found.encoded, at, { maximumPixels: limits.maxPixels }) : found;
  const [height, width] = image.shape;
  if (height * width > limits.maxPixels)
    throw limitExceeded(`${at}: the image has ${height}×${width} pixels; at most ${limits.maxPixels} are allowed.`);
  return image;
}

/** The size and channels that were asked for. @throws ComputeError INVALID_DATASET */
export async function prepareImage(
  image: RawImage,
  at: string,
  { resizing, channels }: Pick<UploadRequest, 'resizing' | 'channels'>,
): Promise<RawImage> {
  const given = image.shape[2];
  if (!image.isPicture) {
    if (resizing) throw invalidAt(at, 'arrays are not resized. Leave out `imageSize` and `resizing`, or resize them before.');
    return image;
  }
  if (channels === 1 && given === 3) throw invalidAt(at, 'the picture is in colour, and `channels` is 1. Convert it to grey.');
  const coloured = channels === 3 && given === 1 ? greyToColour(image) : image;
  return resizing ? resize(coloured, resizing, at) : coloured;
}

/** What all images have in common with the first. */
export interface First {
  readonly shape: ImageShape;
  readonly type: LevelType;
  readonly at: string;
}

/** @throws ComputeError INVALID_DATASET where it is unlike the first image. */
export function fit(image: RawImage, known: First, at: string): RawImage {
  const type = levelTypeOf(image.levels);
  const [height, width, channels] = known.shape;
  if (type !== known.type)
    throw invalidAt(at, `the image is of ${nameOf(type)}, that of ${known.at} of ${nameOf(known.type)}. Save all in one depth.`);
  const fitting = image.isPicture && image.shape[2] === 1 && channels === 3 ? greyToColour(image) : image;
  if (fitting.shape[0] !== height || fitting.shape[1] !== width) {
    throw invalidAt(
      at,
      `the image is ${fitting.shape[0]}×${fitting.shape[1]}, that of ${known.at} ${height}×${width} (height × width). Give \`imageSize\`, to which pictures are resized.`,
    );
  }
  if (fitting.shape[2] !== channels) {
    throw invalidAt(
      at,
      `the image has ${fitting.shape[2]} channels, that of ${known.at} ${channels}. Give \`channels: 3\`, to which grey pictures are widened, or save all alike.`,
    );
  }
  return fitting;
}

const nameOf = (type: LevelType) => ({ uint8: '8 bits', uint16: '16 bits', float32: 'floats' })[type];

export function checkFractions(levels: Levels, at: string): void {
  if (!(levels instanceof Float32Array)) return;
  const wrong = levels.findIndex((value) => !(value >= 0 && value <= 1));
  if (wrong >= 0)
    throw invalidAt(at, `a value is ${levels[wrong]}; floats go from 0 to 1. Divide them by the largest that there can be, or save uint8.`);
}

/** What is said of all images together: the largest value where it is far under the range, as of 12 bits in uint16, and grey pictures among those in colour. */
export class ImageNotes {
  private largest = 0;
  private range = 0;
  private widened = 0;

  /** @param fitting what {@link fit} made of the image. */
  add(image: RawImage, fitting: RawImage): void {
    for (const value of fitting.levels) if (value > this.largest) this.largest = value;
    this.range = rangeOf(fitting.levels);
    if (image.shape[2] !== fitting.shape[2]) this.widened++;
  }

  notes(): readonly string[] {
    const grey = this.widened === 1 ? ['1 picture is grey'] : this.widened > 1 ? [`${this.widened} pictures are grey`] : [];
    return [...this.dark(), ...grey.map((those) => `${those}, and got three equal channels as the others are in colour.`)];
  }

  private dark(): readonly string[] {
    const { largest, range } = this;
    if (range === 0 || largest > range / 4) return [];
    const white = range === 1 ? undefined : 2 ** Math.ceil(Math.log2(largest + 1)) - 1;
    const advice = white ? ` If ${white} is white, multiply by ${Math.floor(range / white)}.` : '';
    return [`The largest value is ${largest} of ${range}, so that images are nearly black, and ε is a share of ${range}.${advice}`];
  }
}

const rangeOf = (levels: Levels) => (levels instanceof Float32Array ? 1 : levels instanceof Uint16Array ? 65_535 : 255);

/** Examples that are decoded at the same time. */
const AT_ONCE = 8;

/** What `work` makes of each example, in order, some of them ahead. */
export async function* inOrder<Result>(
  examples: AsyncIterable<UploadedExample>,
  work: (example: UploadedExample) => Promise<Result>,
): AsyncGenerator<{ example: UploadedExample; result: Result }> {
  const waiting: { example: UploadedExample; result: Promise<Result> }[] = [];
  const next = async () => {
    const { example, result } = waiting.shift()!;
    return { example, result: await result };
  };
  try {
    for await (const example of examples) {
      const result = work(example);
      // It may fail before it is waited for.
      result.catch(() => undefined);
      waiting.push({ example, result });
      if (waiting.length >= AT_ONCE) yield await next();
    }
    while (waiting.length > 0) yield await next();
  } finally {
    await Promise.allSettled(waiting.map(({ result }) => result));
  }
}
