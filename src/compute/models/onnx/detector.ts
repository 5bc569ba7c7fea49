/** A detector of adversarial images as a second output of a classifier's file. @module */
import * as tf from '@tensorflow/tfjs-core';
import { sizeOf, type Tensors } from '../../tensors/index.js';
import { ComputeError } from '../../errors.js';
import { separate } from '../dataflow/constants.js';
import { type DataflowGraph, prune } from '../dataflow/graph.js';
import { type DeclaredInput, DataflowNetwork } from '../dataflow/network.js';
import { fingerprintOf } from '../fingerprint.js';
import { preprocess } from '../preprocess.js';
import { checkImages } from '../spec.js';
import type { DifferentiableModel, ModelLimits } from '../types.js';
import { onnxOperators } from './operators/index.js';

/**
 * The classifier with the detector's score as one more column of what it outputs.
 * @param output name of the value with one score for each image, higher for images that look adversarial.
 * @throws ComputeError INVALID_MODEL where the file has no such value, or it is no single score.
 */
export function withDetector(
  model: DifferentiableModel,
  graph: Pick<DataflowGraph, 'nodes' | 'constants' | 'input'>,
  input: DeclaredInput,
  output: string,
  limits: ModelLimits,
): DifferentiableModel {
  if (!graph.nodes.some(({ outputs }) => outputs.includes(output)))
    throw invalid(`no node of the file computes ${output}. Name one of its outputs`);
  const separated = separate(prune({ ...graph, output }), onnxOperators, limits.maximumLayerValues);
  const network = new DataflowNetwork(separated, onnxOperators, input, { imageShape: model.spec.inputShape }, limits.maximumLayerValues);
  const { outputShape } = network;
  if (sizeOf(outputShape.map((size) => size ?? 0)) !== 1)
    throw invalid(
      `${output} has the shape [${outputShape.map((size) => size ?? 'any').join(', ')}] for each image, and a detector has one score`,
    );
  if ([...network.random.keys()].some((name) => !(name in (model.random?.shapes ?? {}))))
    throw invalid(`${output} draws random numbers that the scores of the classes do not depend on`);
  const toInput = (x: tf.Tensor4D) => preprocess(model.spec, checkImages(model.spec, x));
  const detector: DifferentiableModel = {
    ...model,
    variables: { ...separated.variables, ...model.variables },
    fingerprint: fingerprintOf({}, model.fingerprint, 'detector', output),
    apply(variables: Tensors, x, drawn) {
      const scores = tf.reshape(network.apply(variables, toInput(x), drawn), [-1, 1]);
      return tf.concat([model.apply(variables, x, drawn), scores], 1) as tf.Tensor2D;
    },
  };
  // Its predictions are those of the classifier, its evaluations are not.
  return { ...model, fingerprint: fingerprintOf({}, detector.fingerprint, 'classes'), detector };
}

const invalid = (problem: string) =>
  new ComputeError('INVALID_MODEL', `The spec does not fit the model: ${problem}.`, ['spec', 'detector']);
