/** TensorFlow.js LayersModels as DifferentiableModels: from files, or from a topology and weights in memory. @module */
import { ComputeError } from '../../errors.js';
import { type HostTensors, sizeOf } from '../../tensors/index.js';
import { functionsOf } from '../dataflow/model.js';
import { inexactOperators } from '../dataflow/inexact.js';
import { innerLayers } from '../dataflow/inner-layers.js';
import { DataflowNetwork } from '../dataflow/network.js';
import { fingerprintOf } from '../fingerprint.js';
import { findModelJson, readModelJson, SPEC_METADATA_KEY } from '../model-json.js';
import { oneScoreWarning, sigmoidWarning } from '../one-score.js';
import type { ModelFiles } from '../source.js';
import { completeSpec, partialSpecSchema } from '../spec.js';
import { DEFAULT_MODEL_LIMITS, type DifferentiableModel, type ModelLimits, type ModelSpec } from '../types.js';
import { readWeights } from '../weight-files.js';
import { removeFinalSoftmax } from './final-softmax.js';
import { kerasLayers } from './layers/index.js';
import { matchWeights } from './match-weights.js';
import { precisionWarning } from './precision.js';
import { readNetwork } from './read.js';
import { saveLayersModel } from './save.js';
import { checkTopology, countOperations, readTopology, type Topology } from './topology.js';

export interface LayersDifferentiableModel extends DifferentiableModel {
  /** Keras' `{ class_name, config }`, without the softmax that was removed. */
  readonly topology: Topology;
}

/**
 * Reads a LayersModel from a folder. Nothing of tfjs stays allocated: weights are held as plain arrays.
 * @throws ComputeError INVALID_MODEL, UNSUPPORTED_OPERATION or LIMIT_EXCEEDED, with the path of what is at fault.
 */
export async function loadLayersModel(files: ModelFiles, limits = DEFAULT_MODEL_LIMITS): Promise<LayersDifferentiableModel> {
  const { json, directory } = await readModelJson(await findModelJson(files.directory), limits);
  const topology = readTopology(json.modelTopology);
  checkTopology(topology, limits);
  const weights = await readWeights(directory, json.weightsManifest, limits);
  const stored = partialSpecSchema.safeParse(json.userDefinedMetadata?.[SPEC_METADATA_KEY]);
  return layersModel(topology, weights, { ...(stored.data ?? {}), ...files.spec }, limits);
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
  const { output, isRemoved, sigmoid, warning } = removeFinalSoftmax(topology);
  const half = precisionWarning(topology);
  const parameterBudget = Object.values(weights).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const { graph, shapes, trainable, inputShape, outputShape, dropout, random, unread } = readNetwork(topology, parameterBudget, limits);
  const variables = matchWeights(shapes, weights, unread);
  const fullSpec = completeSpec(spec, inputShape, outputShape);
  const input = { layout: 'AS_IS', shape: inputShape, batch: null } as const;
  const separated = { graph, variables, trainable };
  const network = new DataflowNetwork(separated, kerasLayers, input, { outputShape }, limits.maximumLayerValues);
  const isSingle = sizeOf(outputShape.map((size) => size ?? 0)) === 1;
  const { apply, applyTraining } = functionsOf(network, fullSpec, output);
  return {
    spec: fullSpec,
    output,
    softmaxRemoved: isRemoved,
    sigmoidRemoved: sigmoid !== undefined && !isSingle,
    topology,
    variables,
    trainable,
    // The topology declares the input.
    fingerprint: fingerprintOf(variables, fullSpec, topology),
    operations: countOperations(topology),
    inexact: inexactOperators(graph, kerasLayers),
    inner: innerLayers(separated, kerasLayers, input, fullSpec, limits, false),
    warnings: [warning, isSingle ? oneScoreWarning(output) : sigmoid && sigmoidWarning(sigmoid), half].filter((each) => each !== undefined),
    apply,
    dropout,
    applyTraining(...given) {
      if (random.length === 0) return applyTraining(...given);
      throw new ComputeError('UNSUPPORTED_OPERATION', `Training cannot run these random layers: ${random.join(', ')}.`, ['modelTopology']);
    },
    save: (trained, directory) => saveLayersModel({ topology, variables: trained, spec: fullSpec }, directory),
  };
}
