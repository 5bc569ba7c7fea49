/** A purifier in front of a classifier: a network from images to images, as a second ONNX file. @module */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { HostTensors, Tensors } from '../tensors/index.js';
import { ComputeError } from '../errors.js';
import { separate } from './dataflow/constants.js';
import { countOperators, prune } from './dataflow/graph.js';
import { inexactOperators } from './dataflow/inexact.js';
import { randomInputs } from './dataflow/model.js';
import { DataflowNetwork, networkShapeOf } from './dataflow/network.js';
import { stopGradient } from './dataflow/straight-through.js';
import { fingerprintOf } from './fingerprint.js';
import { PREPROCESSOR_FILE, readOnnxFile } from './onnx/file.js';
import { findInput } from './onnx/input.js';
import { onnxOperators } from './onnx/operators/index.js';
import { findFiles } from './model-files.js';
import type { DifferentiableModel, ModelLimits } from './types.js';

/** Its variables beside those of the classifier. */
const PREFIX = 'preprocessor/';

/** Undefined where the folder of a model has none. @param path of the classifier's file. */
export async function preprocessorBeside(path: string): Promise<string | undefined> {
  const file = join(dirname(path), PREPROCESSOR_FILE);
  if (basename(path) === PREPROCESSOR_FILE) return undefined;
  return stat(file).then(
    () => file,
    () => undefined,
  );
}

/** Of a model's folder. */
export const hasPreprocessor = async (directory: string) => (await findFiles(directory, (name) => name === PREPROCESSOR_FILE)).length > 0;

/**
 * The classifier of what the preprocessor makes of an image. It takes and outputs pixels in [0, 1], with the channels where its input has them.
 * @throws ComputeError INVALID_MODEL where it outputs another shape than it takes.
 */
export async function withPreprocessor(model: DifferentiableModel, path: string, limits: ModelLimits): Promise<DifferentiableModel> {
  const { inputShape } = model.spec;
  const file = await readOnnxFile(path, limits, { inputShape });
  const { name, input } = findInput(file.graph, { inputShape });
  if (file.outputs.length !== 1) throw invalid(`it has ${file.outputs.length} outputs. Export it with one, the image`);
  const graph = prune({ nodes: file.nodes, constants: file.constants, input: name, output: file.outputs[0]!.name });
  const separated = separate(graph, onnxOperators, limits.maximumLayerValues);
  const network = new DataflowNetwork(separated, onnxOperators, input, { imageShape: inputShape }, limits.maximumLayerValues);
  const isChannelsFirst = networkShapeOf(input) !== input.shape;
  const output = isChannelsFirst ? [1, 2, 0].map((axis) => network.outputShape[axis]) : network.outputShape;
  if (output.join() !== inputShape.join())
    throw invalid(`of an image [${inputShape.join(', ')}] it makes [${output.join(', ')}]. It must output images like those that it takes`);
  if (network.random.size > 0 && model.random) throw invalid('both it and the classifier draw random numbers. Export them as one file');
  const pick = (variables: Tensors): Tensors =>
    Object.fromEntries(
      Object.entries(variables).flatMap(([key, value]) => (key.startsWith(PREFIX) ? [[key.slice(PREFIX.length), value]] : [])),
    );
  const purify = (variables: Tensors, x: tf.Tensor4D, drawn?: Tensors) => {
    const y = network.apply(pick(variables), x, drawn);
    return (isChannelsFirst ? tf.transpose(y, [0, 2, 3, 1]) : y) as tf.Tensor4D;
  };
  return inFrontOf(model, purify, {
    variables: Object.fromEntries(Object.entries(separated.variables).map(([key, value]) => [PREFIX + key, value])),
    random: network.random.size > 0 ? randomInputs(network.random) : undefined,
    fingerprint: fingerprintOf(separated.variables, 'preprocessor', { nodes: graph.nodes, constants: Object.fromEntries(graph.constants) }),
    operations: countOperators(graph),
    inexact: inexactOperators(separated.graph, onnxOperators),
  });
}

interface Part extends Pick<DifferentiableModel, 'random' | 'fingerprint' | 'operations' | 'inexact'> {
  readonly variables: HostTensors;
}

type Purify = (variables: Tensors, x: tf.Tensor4D, drawn?: Tensors) => tf.Tensor4D;

function inFrontOf(model: DifferentiableModel, purify: Purify, part: Part): DifferentiableModel {
  const after = (
    classifier: DifferentiableModel,
    change: (variables: Tensors, x: tf.Tensor4D, drawn?: Tensors) => tf.Tensor4D,
  ): DifferentiableModel => ({
    ...classifier,
    variables: { ...part.variables, ...classifier.variables },
    random: part.random ?? classifier.random,
    fingerprint: fingerprintOf({}, classifier.fingerprint, part.fingerprint),
    apply: (variables, x, drawn) => classifier.apply(variables, change(variables, x, drawn), drawn),
    detector: classifier.detector && after(classifier.detector, change),
    inner: classifier.inner && {
      ...classifier.inner,
      at: (layer) => {
        const features = classifier.inner!.at(layer);
        return (variables, x, drawn) => features(variables, change(variables, x, drawn), drawn);
      },
    },
  });
  const straight: Purify = (variables, x, drawn) => tf.add(x, stopGradient(tf.sub(purify(variables, x, drawn), x)));
  const whole = after(model, purify);
  const operations = Object.entries(part.operations).reduce(
    (sum, [operator, count]) => ({ ...sum, [operator]: (sum[operator] ?? 0) + count }),
    {
      ...model.operations,
    } as Record<string, number>,
  );
  return {
    ...whole,
    spec: { ...model.spec, preprocessor: true },
    operations,
    inexact: [...(model.inexact ?? []), ...(part.inexact ?? [])],
    // Its file alone is another function.
    onnx: undefined,
    trainable: [],
    applyTraining: () => {
      throw new ComputeError('UNSUPPORTED_OPERATION', 'A model with a preprocessor is not trained. Train the classifier alone.', [
        'modelId',
      ]);
    },
    save: () => {
      throw new ComputeError(
        'UNSUPPORTED_OPERATION',
        'A model with a preprocessor is not written again. Its files are what was uploaded.',
        ['modelId'],
      );
    },
    throughPreprocessor: { ...after(model, straight), fingerprint: fingerprintOf({}, whole.fingerprint, 'straight') },
  };
}

const invalid = (problem: string) =>
  new ComputeError('INVALID_MODEL', `The preprocessor does not fit the model: ${problem}.`, ['preprocessorUploadId']);
