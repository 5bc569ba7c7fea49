/** A graph of operators as a DifferentiableModel. @module */
import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../../tensors/index.js';
import { ComputeError } from '../../errors.js';
import { fingerprintOf } from '../fingerprint.js';
import type { ModelFormat } from '../model-format.js';
import { preprocess } from '../preprocess.js';
import type { RandomInputs } from '../random-inputs.js';
import { checkImages, completeSpec, imageShapeOf } from '../spec.js';
import { oneScoreWarning, sigmoidWarning, twoScores } from '../one-score.js';
import type { DifferentiableModel, ModelLimits, ModelSpec, OutputKind } from '../types.js';
import { separate } from './constants.js';
import { removeFinalSoftmax } from './final-softmax.js';
import { checkNames, countOperators, type DataflowGraph, prune } from './graph.js';
import { DataflowNetwork, type DeclaredInput, networkShapeOf, type RandomValue } from './network.js';
import { inexactOperators, reachedByGradient } from './inexact.js';
import { innerLayers } from './inner-layers.js';
import type { OperatorTable } from './operator.js';

export interface DataflowSource {
  /** What the operators' names mean depends on it. */
  readonly format: ModelFormat;
  readonly graph: DataflowGraph;
  readonly operators: OperatorTable;
  readonly input: DeclaredInput;
  readonly warnings: readonly string[];
  readonly save: DifferentiableModel['save'];
}

/**
 * @param given what is known of the spec; the rest is taken from the graph.
 * @throws ComputeError INVALID_MODEL, UNSUPPORTED_OPERATION (naming all unknown operators) or LIMIT_EXCEEDED.
 */
export function dataflowModel(
  { format, graph, operators, input, warnings, save }: DataflowSource,
  given: Partial<ModelSpec>,
  limits: ModelLimits,
): DifferentiableModel {
  checkNames(graph);
  const pruned = prune(graph);
  checkOperators(pruned, operators, limits);
  const networkInput = networkShapeOf(input);
  const imageShape = imageShapeOf(given, networkInput);
  const { graph: logits, output, isRemoved, sigmoid, warning } = removeFinalSoftmax(pruned);
  const separated = separate(logits, operators, limits.maximumLayerValues);
  const network = new DataflowNetwork(separated, operators, input, { imageShape }, limits.maximumLayerValues);
  const isSingle = sizeOf(network.outputShape.map((size) => size ?? 0)) === 1;
  const { variables } = separated;
  const reached = reachedByGradient(separated.graph, operators);
  const spec = completeSpec(given, networkInput, network.outputShape);
  const isRandom = network.random.size > 0;
  return {
    spec,
    output,
    softmaxRemoved: isRemoved,
    sigmoidRemoved: sigmoid !== undefined && !isSingle,
    variables,
    trainable: separated.trainable.filter((name) => reached.has(name)),
    // With the declared input: the same weights see another image where channels come first, or where the image is flat.
    fingerprint: fingerprintOf(
      { ...Object.fromEntries(separated.graph.constants), ...variables },
      { format, spec, input, output, graph: describe(separated.graph) },
    ),
    operations: countOperators(pruned),
    inexact: inexactOperators(separated.graph, operators),
    inner: innerLayers(separated, operators, input, spec, limits, format === 'ONNX'),
    warnings: [
      ...warnings,
      ...(warning ? [warning] : []),
      ...(isSingle ? [oneScoreWarning(output)] : sigmoid ? [sigmoidWarning(sigmoid)] : []),
      ...(isRandom ? [IS_RANDOM] : []),
    ],
    ...(isRandom ? { random: randomInputs(network.random) } : {}),
    ...functionsOf(network, spec, output),
    save,
  };
}

/** What a network computes, for images in [0, 1] and with one row of scores for each. */
export function functionsOf(
  network: DataflowNetwork,
  spec: ModelSpec,
  output: OutputKind,
): Pick<DifferentiableModel, 'apply' | 'applyTraining'> {
  const toInput = (x: tf.Tensor4D) => preprocess(spec, checkImages(spec, x));
  const isSingle = sizeOf(network.outputShape.map((size) => size ?? 0)) === 1;
  const rowsOf = (y: tf.Tensor) => (y.rank === 2 ? y : tf.reshape(y, [-1, isSingle ? 1 : spec.classCount])) as tf.Tensor2D;
  const toLogits = (y: tf.Tensor) => (isSingle ? twoScores(rowsOf(y), output) : rowsOf(y));
  return {
    apply: (tensors, x, drawn) => toLogits(network.apply(tensors, toInput(x), drawn)),
    applyTraining(tensors, x, masks) {
      const { output, auxiliary, updates } = network.applyTraining(tensors, toInput(x), masks);
      return { logits: toLogits(output), auxiliary: auxiliary && toLogits(auxiliary), updates };
    },
  };
}

const IS_RANDOM = 'The network draws random numbers: it answers differently each time, and outcomes of single predictions are random too.';

/** Without a seed, as they are part of the model and not of an attack. */
export function randomInputs(values: ReadonlyMap<string, RandomValue>): RandomInputs {
  return {
    shapes: Object.fromEntries([...values].map(([name, { shape }]) => [name, shape])),
    draw: (stream) =>
      Object.fromEntries(
        [...values].map(([name, { kind, shape }]) => {
          const one = kind === 'NORMAL' ? () => stream.normal() : () => stream.uniform();
          return [name, Float32Array.from({ length: sizeOf(shape) }, one)];
        }),
      ),
  };
}

function checkOperators(graph: DataflowGraph, operators: OperatorTable, limits: ModelLimits): void {
  const unknown = Object.entries(countOperators(graph)).filter(([operator]) => !Object.hasOwn(operators, operator));
  if (unknown.length > 0) {
    const named = unknown.map(([operator, count]) => (count > 1 ? `${operator} (${count} times)` : operator));
    throw new ComputeError(
      'UNSUPPORTED_OPERATION',
      `There is no implementation of ${named.join(', ')}. Replace ${unknown.length > 1 ? 'them' : 'it'} by other operators and export again.`,
      ['graph', ...unknown.map(([operator]) => operator)],
    );
  }
  const count = graph.nodes.filter(({ inputs }) => inputs.length > 0).length;
  if (count > limits.maximumLayers) {
    throw new ComputeError('LIMIT_EXCEEDED', `The model has ${count} nodes; at most ${limits.maximumLayers} are accepted.`, ['graph']);
  }
}

/** All that a graph computes, as plain data. */
function describe({ nodes, input, output }: DataflowGraph): unknown {
  const described = nodes.map(({ operator, version, inputs, outputs, attributes }) => [
    operator,
    version,
    inputs,
    outputs,
    attributes.values,
  ]);
  return [described, input, output];
}
