/** TensorFlow.js LayersModels as DifferentiableModels: from files, or from a topology and weights in memory. @module */
import * as tf from '@tensorflow/tfjs-core';
import { type HostTensors, sizeOf } from '../tensors/index.js';
import { ComputeError } from '../errors.js';
import type { ModelFiles } from './source.js';
import { buildLayersModel } from './build-layers-model.js';
import { fingerprintOf } from './fingerprint.js';
import { matchWeights } from './match-weights.js';
import { findModelJson, readModelJson, SPEC_METADATA_KEY } from './model-json.js';
import { Network } from './network.js';
import { preprocess } from './preprocess.js';
import { saveLayersModel } from './save.js';
import { checkImages, completeSpec, partialSpecSchema } from './spec.js';
import { checkConnections, checkTopology, countOperations, readTopology, removeFinalSoftmax, type Topology } from './topology.js';
import { DEFAULT_MODEL_LIMITS, type DifferentiableModel, type ModelLimits, type ModelSpec } from './types.js';
import { readWeights } from './weight-files.js';

export interface LayersDifferentiableModel extends DifferentiableModel {
  /** Keras' `{ class_name, config }`, without the softmax that was removed. */
  readonly topology: Topology;
}

/**
 * Reads a LayersModel from a folder. Nothing of tfjs stays allocated: weights are held as plain arrays.
 * @throws ComputeError INVALID_MODEL, UNSUPPORTED_OPERATION or LIMIT_EXCEEDED, with the path of what is at fault.
 */
export async function loadLayersModel(files: ModelFiles, limits = DEFAULT_MODEL_LIMITS): Promise<LayersDifferentiableModel> {
  try {
    const { json, directory } = await readModelJson(await findModelJson(files.directory), limits);
    const topology = readTopology(json.modelTopology);
    checkTopology(topology, limits);
    checkConnections(topology);
    const weights = await readWeights(directory, json.weightsManifest, limits);
    const stored = partialSpecSchema.safeParse(json.userDefinedMetadata?.[SPEC_METADATA_KEY]);
    return await layersModel(topology, weights, { ...(stored.data ?? {}), ...files.spec }, limits);
  } catch (error) {
    // The stack or an allocation gave out, as it does on containers nested a thousand deep.
    if (!(error instanceof RangeError)) throw error;
    throw new ComputeError('INVALID_MODEL', `The model is nested too deeply or is too large to be read: ${error.message}.`, [
      'modelTopology',
    ]);
  }
}

/**
 * A model from its parts.
 * @param topology checked; its final softmax is removed in place.
 * @param spec what is known; the rest is taken from the layers.
 */
export async function layersModel(
  topology: Topology,
  weights: HostTensors,
  spec: Partial<ModelSpec>,
  limits: ModelLimits = DEFAULT_MODEL_LIMITS,
): Promise<LayersDifferentiableModel> {
  const { output, warning } = removeFinalSoftmax(topology);
  const parameterBudget = Object.values(weights).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const network = new Network(await buildLayersModel(topology, parameterBudget, limits));
  const variables = matchWeights(network.shapes, weights);
  const fullSpec = completeSpec(spec, network.inputShape, network.outputShape);
  const toInput = (x: tf.Tensor4D) => asShape(preprocess(fullSpec, x), network.inputShape);
  const toLogits = (y: tf.Tensor) => asShape(y, [fullSpec.classCount]) as tf.Tensor2D;
  return {
    spec: fullSpec,
    output,
    topology,
    variables,
    trainable: network.trainable,
    fingerprint: fingerprintOf(variables, fullSpec, topology),
    operations: countOperations(topology),
    warnings: warning ? [warning] : [],
    apply: (tensors, x) => toLogits(network.apply(tensors, toInput(checkImages(fullSpec, x)))),
    dropout: network.dropout,
    applyTraining(tensors, x, masks = {}) {
      const { output: y, auxiliary, updates } = network.applyTraining(tensors, toInput(checkImages(fullSpec, x)), masks);
      return { logits: toLogits(y), auxiliary: auxiliary && toLogits(auxiliary), updates };
    },
    save: (trained, directory) => saveLayersModel({ topology, variables: trained, spec: fullSpec }, directory),
  };
}

/** Networks on flat or two-dimensional images get a reshape in front; those that end in `[1, 1, classes]`, one behind. */
function asShape(x: tf.Tensor, shape: readonly (number | null)[]): tf.Tensor {
  if (x.rank === shape.length + 1) return x;
  return tf.reshape(x, [x.shape[0]!, ...(shape as number[])]);
}
