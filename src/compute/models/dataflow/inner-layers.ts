/** Values inside a network that everything on the way to its scores passes, for attacks on features. @module */
import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../../tensors/index.js';
import type { InnerLayers, ModelLimits, ModelSpec } from '../types.js';
import { preprocess } from '../preprocess.js';
import { checkImages } from '../spec.js';
import type { SeparatedGraph } from './constants.js';
import { type DataflowGraph, prune } from './graph.js';
import { type DeclaredInput, DataflowNetwork } from './network.js';
import type { OperatorTable } from './operator.js';

/** A node whose first output no path from the image to the scores goes around. */
interface Bottleneck {
  /** Of the node. */
  readonly name: string;
  /** Of the value. */
  readonly value: string;
}

/** They are computed by a network of their own each, made when it is first asked for. */
export function innerLayers(
  separated: SeparatedGraph,
  operators: OperatorTable,
  input: DeclaredInput,
  spec: ModelSpec,
  limits: ModelLimits,
  channelsFirst: boolean,
): InnerLayers {
  const found = bottlenecks(separated.graph);
  const networks = new Map<number, DataflowNetwork>();
  const networkOf = (layer: number) => {
    const graph = prune({ ...separated.graph, output: found[layer]!.value, auxiliary: undefined });
    const known =
      networks.get(layer) ??
      new DataflowNetwork({ ...separated, graph }, operators, input, { imageShape: spec.inputShape }, limits.maximumLayerValues);
    networks.set(layer, known);
    return known;
  };
  return {
    names: found.map(({ name }) => name),
    at(layer) {
      const network = networkOf(layer);
      return (variables, x, random) =>
        tf.reshape(network.apply(variables, preprocess(spec, checkImages(spec, x)), random), [x.shape[0], -1]);
    },
    shapeOf(layer) {
      const shape = networkOf(layer).outputShape.map((size) => size ?? 1);
      if (shape.length !== 3) return { height: 1, width: 1, channels: sizeOf(shape), channelsFirst };
      const [first, second, third] = shape as [number, number, number];
      return channelsFirst
        ? { channels: first, height: second, width: third, channelsFirst }
        : { height: first, width: second, channels: third, channelsFirst };
    },
  };
}

/** Operators that say something of a value's shape alone. */
const OF_SHAPES = ['Shape', 'Size', 'Rank'];

/** In their order, without the scores: where one value of what depends on the image is all that later nodes read. */
function bottlenecks(graph: DataflowGraph): readonly Bottleneck[] {
  const { nodes, input, output } = prune({ ...graph, auxiliary: undefined });
  const lastRead = new Map<string, number>();
  nodes.forEach(({ inputs }, at) => inputs.forEach((name) => lastRead.set(name, at)));
  const dependent = new Set([input]);
  const open = new Set([input]);
  return nodes.flatMap(({ name, operator, inputs, outputs }, at) => {
    const depends = inputs.some((one) => dependent.has(one)) && !OF_SHAPES.includes(operator);
    for (const value of depends ? outputs : []) {
      dependent.add(value);
      if ((lastRead.get(value) ?? -1) > at) open.add(value);
    }
    for (const value of open) if (lastRead.get(value)! <= at) open.delete(value);
    const [value] = outputs as [string, ...string[]];
    return depends && open.size === 1 && open.has(value) && value !== output ? [{ name, value }] : [];
  });
}
