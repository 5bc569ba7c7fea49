import { sizeOf } from '../../tensors/index.js';
import type { Graph, Value } from './graph.js';

const BYTES_PER_VALUE = 4;

/**
 * Bytes that running a graph takes beside its constants: the most that its values take together at any time, each from the node that computes it to the last
 * that reads it. Shapes are static, so this is known before anything runs.
 */
export function workingBytes(graph: Graph): number {
  const nodes = graph.sorted();
  const lastReader = new Map<Value, number>();
  nodes.forEach((node, at) => Object.values(node.inputs).forEach((input) => lastReader.set(input, at)));
  // They are read by whoever runs the graph.
  for (const output of graph.outputs.values()) lastReader.set(output, nodes.length);
  let [now, most] = [0, 0];
  for (const input of graph.inputs.values()) now += bytesOf(input);
  nodes.forEach((node, at) => {
    for (const output of node.outputs) now += bytesOf(output);
    most = Math.max(most, now);
    const over = [...new Set([...Object.values(node.inputs), ...node.outputs])].filter((value) => (lastReader.get(value) ?? at) === at);
    // The caller keeps its inputs.
    for (const value of over) if (value.producer) now -= bytesOf(value);
  });
  return most;
}

/** The same where nothing is given back before the end: all values that it computes. */
export function computedBytes(graph: Graph): number {
  return graph.sorted().reduce((sum, { outputs }) => sum + outputs.reduce((bytes, output) => bytes + bytesOf(output), 0), 0);
}

const bytesOf = ({ shape }: Value) => BYTES_PER_VALUE * sizeOf(shape);
