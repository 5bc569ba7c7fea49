/** Where decision attacks start: an image of a wrong class, or of the target, blended with the original as far as it stays of it. @module */
import { type RandomStream, shuffledIndices } from '../../random.js';
import { floats } from '../../tensors/index.js';
import type { BlackBox } from '../core/black-box.js';
import type { Shortest } from '../core/shortest.js';
import { row } from '../core/image-arrays.js';
import type { AttackTask, Preparation } from '../core/definition.js';

/** Halvings of the interval in which the blend changes class, as in the authors' code of HopSkipJump. */
const BLENDS = 10;

/** Sides of the noise's tiles, in turn. A model sees most noise of single pixels as one class, and coarser noise as others. */
const TILES = [1, 2, 4, 8];

/** Other images of the data set, and their classes. */
export interface References {
  readonly images: Float32Array;
  readonly labels: Int32Array;
}

/** How many of them. */
const REFERENCES = 256;

/** Prepares images to start from where no noise serves. */
export async function prepareReferences({ examples }: Preparation): Promise<References> {
  const { images, labels } = await examples(REFERENCES);
  return { images: floats(images), labels };
}

/**
 * Finds images that reach the goal as success is decided on them, which `shortest` takes: of noise or, where there is a target or noise does not do, from the data
 * set. The model is asked about each, and each costs a query.
 * @param references what {@link prepareReferences} prepared. @param tries most images of noise, and most of the data set.
 * @returns the images, `[n, ...]`, and the examples that one was found for.
 */
export async function findStarts(
  task: AttackTask,
  box: BlackBox,
  shortest: Shortest,
  references: References | undefined,
  tries: number,
): Promise<{ images: Float32Array; examples: Int32Array }> {
  const noise = new Float32Array(task.images.data.length);
  const found = task.targets ? new Uint8Array(task.labels.length) : await findNoise(task, box, noise, tries);
  if (references) await findReferences(task, box, references, found, noise, tries);
  const images = noise.slice();
  const [right, wrong] = [new Float32Array(found.length), new Float32Array(found.length).fill(1)];
  for (let blend = 0; blend < BLENDS; blend++) {
    const examples = box.asking().filter((i) => found[i] === 1);
    await box.decisions(
      examples,
      (at, image) => {
        const i = examples[at]!;
        const [original, from] = [box.original(i), i * box.size];
        const share = (right[i]! + wrong[i]!) / 2;
        for (let p = 0; p < box.size; p++) image[p] = original[p]! + share * (noise[from + p]! - original[p]!);
        box.round(image);
      },
      (at, image, predicted) => {
        const i = examples[at]!;
        const isReached = box.isReached(i, predicted);
        (isReached ? wrong : right)[i] = (right[i]! + wrong[i]!) / 2;
        if (isReached) images.set(image, i * box.size);
      },
    );
  }
  const examples = Int32Array.from(found.keys()).filter((i) => found[i] === 1);
  for (const i of examples) shortest.take(i, row(images, box.size, i));
  return { images, examples };
}

/** Fills in references that reach the goal, where nothing has been found: in a random order, first those of a class that does. */
async function findReferences(
  { random }: AttackTask,
  box: BlackBox,
  { images, labels }: References,
  found: Uint8Array,
  starts: Float32Array,
  tries: number,
): Promise<void> {
  const orders = new Map<number, readonly number[]>();
  const orderOf = (i: number): readonly number[] => {
    const order = [...shuffledIndices(random.stream(i, 'decision.reference'), labels.length)];
    const isOfClass = (reference: number) => box.isReached(i, labels[reference]!);
    return [...order.filter(isOfClass), ...order.filter((reference) => !isOfClass(reference))];
  };
  for (const i of box.asking()) if (found[i] === 0) orders.set(i, orderOf(i));
  for (let attempt = 0; attempt < Math.min(tries, labels.length); attempt++) {
    const examples = box.asking().filter((i) => found[i] === 0);
    if (examples.length === 0) break;
    await box.decisions(
      examples,
      (at, image) => image.set(row(images, box.size, orders.get(examples[at]!)![attempt]!)),
      (at, image, predicted) => {
        const i = examples[at]!;
        if (!box.isReached(i, predicted)) return;
        found[i] = 1;
        starts.set(image, i * box.size);
      },
    );
  }
}

/** A 1 for each example of a task that is not among those that a start was found for. */
export function withoutStart({ labels }: AttackTask, started: Int32Array): Uint8Array {
  const without = new Uint8Array(labels.length).fill(1);
  for (const i of started) without[i] = 0;
  return without;
}

/** @returns a 1 for each example whose row of `noise` holds an image that reaches the goal. */
async function findNoise(task: AttackTask, box: BlackBox, noise: Float32Array, tries: number): Promise<Uint8Array> {
  const found = new Uint8Array(task.labels.length);
  const streams = Array.from(task.labels, (_, i) => task.random.stream(i, 'decision.start'));
  for (let attempt = 0; attempt < tries; attempt++) {
    const examples = box.asking().filter((i) => found[i] === 0);
    if (examples.length === 0) break;
    await box.decisions(
      examples,
      (at, image) => drawTiles(streams[examples[at]!]!, TILES[attempt % TILES.length]!, task.model.spec.inputShape, image),
      (at, image, predicted) => {
        const i = examples[at]!;
        if (!box.isReached(i, predicted)) return;
        found[i] = 1;
        noise.set(image, i * box.size);
      },
    );
  }
  return found;
}

/** Square tiles of random colours of 8 bits. */
function drawTiles(
  stream: RandomStream,
  side: number,
  [height, width, channels]: readonly [number, number, number],
  image: Float32Array,
): void {
  const across = Math.ceil(width / side) * channels;
  const colours = Float32Array.from({ length: Math.ceil(height / side) * across }, () => stream.integer(256) / 255);
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const tile = Math.floor(y / side) * across + Math.floor(x / side) * channels;
      for (let channel = 0; channel < channels; channel++) image[p++] = colours[tile + channel]!;
    }
  }
}
