/** Completes what a user says about a model by what its layers say, and checks that both agree. @module */
import type * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { sizeOf } from '../tensors/index.js';
import { ComputeError } from '../errors.js';
import { LAYOUTS } from './layout.js';
import type { ModelSpec } from './types.js';

const finite = z.number().refine(Number.isFinite, 'must be finite');

const length = z.number().int().positive();

/** The part of a spec that can be stored in `model.json` or given by a user. */
export const partialSpecSchema = z
  .object({
    inputShape: z.tuple([length, length, length], 'give three numbers: [height, width, channels]'),
    classCount: z.number().int().min(2),
    valueRange: z
      .tuple([finite, finite], 'give two numbers, the lowest and the highest pixel, such as [0, 1] or [0, 255]')
      .refine(([low, high]) => low < high, 'the lower end must come first'),
    channelOrder: z.enum(['RGB', 'BGR']),
    mean: z.array(finite),
    std: z.array(finite.refine((value) => value > 0, 'must be positive')),
    classNames: z.array(z.string()),
    classMap: z
      .array(z.number().int().min(-1))
      .min(2)
      .refine((map) => map.some((to) => to > 0), 'it maps to no two classes'),
    layout: z.enum(LAYOUTS),
    output: z.string().min(1, 'give the name of an output, or leave it out'),
    preprocessor: z.literal(true),
    detector: z.object({ output: z.string().min(1, 'give the name of an output'), falsePositiveRate: z.number().gt(0).lt(1).optional() }),
  })
  .partial();

/**
 * @param networkInput shape that the first layer declares, without batch; null for any size.
 * @param networkOutput shape of the last layer, without batch.
 * @throws ComputeError INVALID_MODEL with the path of the field at fault.
 */
export function completeSpec(
  given: Partial<ModelSpec>,
  networkInput: readonly (number | null)[],
  networkOutput: readonly (number | null)[],
): ModelSpec {
  // A map of classes is for whoever opens the network, and not for the network.
  const { classMap: _, ...known } = parseSpec(given);
  const inputShape = imageShapeOf(known, networkInput);
  const outputs = sizeOf(networkOutput.map((size) => size ?? 0));
  // One score is that of the second of two classes.
  const classCount = outputs === 1 ? 2 : outputs;
  if (classCount < 2 || networkOutput.filter((size) => size !== 1).length > 1) {
    throw invalid(['classCount'], `the last layer outputs ${shown(networkOutput)}, which is no vector of at least two class scores`);
  }
  const { classNames, mean, std } = known;
  expectLength(['classCount'], known.classCount, classCount, 'classes');
  expectLength(['classNames'], classNames?.length, classCount, 'class names');
  expectLength(['mean'], mean?.length, inputShape[2], 'means');
  expectLength(['std'], std?.length, inputShape[2], 'standard deviations');
  return { valueRange: [0, 1], channelOrder: 'RGB', ...known, inputShape, classCount };
}

/** [height, width, channels] of the images that a network takes, as given or as the network declares them. */
export function imageShapeOf(given: Partial<ModelSpec>, networkInput: readonly (number | null)[]): ModelSpec['inputShape'] {
  const inputShape = parseSpec(given).inputShape ?? inferInputShape(networkInput);
  if (fits(inputShape, networkInput)) return inputShape;
  throw invalid(['inputShape'], `inputShape is [${inputShape.join(', ')}], but the network takes ${shown(networkInput)}`);
}

/** @throws ComputeError MODEL_DATASET_MISMATCH where images have another shape than the model takes. */
export function checkImages({ inputShape }: ModelSpec, x: tf.Tensor4D): tf.Tensor4D {
  if (x.rank === 4 && inputShape.every((size, i) => size === x.shape[i + 1])) return x;
  throw new ComputeError(
    'MODEL_DATASET_MISMATCH',
    `The model takes images [${inputShape.join(', ')}], not [${x.shape.slice(1).join(', ')}].`,
    ['inputShape'],
  );
}

function parseSpec(given: Partial<ModelSpec>): Partial<ModelSpec> {
  const parsed = partialSpecSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw invalid(issue.path.map(String), `${issue.path.join('.')}: ${issue.message}`);
}

/** [height, width, channels], or [height, width] of grey images. A flat input needs the user to say what image it is. */
function inferInputShape(networkInput: readonly (number | null)[]): [number, number, number] {
  const known = networkInput.filter((size) => size !== null);
  if (known.length === networkInput.length) {
    if (known.length === 3) return [known[0]!, known[1]!, known[2]!];
    if (known.length === 2) return [known[0]!, known[1]!, 1];
  }
  throw invalid(['inputShape'], `the network takes ${shown(networkInput)}; give inputShape as [height, width, channels]`);
}

/** Whether images can be fed: the same shape with any size where the network has null, or as many values to be reshaped. */
function fits(image: readonly number[], network: readonly (number | null)[]): boolean {
  if (image.length === network.length) return network.every((size, i) => size === null || size === image[i]);
  return network.every((size) => size !== null) && sizeOf(network as number[]) === sizeOf(image);
}

/** A shape with `any` for sizes that the network leaves open. */
const shown = (shape: readonly (number | null)[]) => `[${shape.map((size) => size ?? 'any').join(', ')}]`;

function expectLength(path: string[], actual: number | undefined, expected: number, what: string): void {
  if (actual !== undefined && actual !== expected) throw invalid(path, `${actual} ${what} are given where the network has ${expected}`);
}

function invalid(path: string[], message: string): ComputeError {
  return new ComputeError('INVALID_MODEL', `The spec does not fit the model: ${message}.`, ['spec', ...path]);
}
