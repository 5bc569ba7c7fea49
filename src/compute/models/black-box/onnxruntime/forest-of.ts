/** Trees of a file that holds nothing else, for attacks that read them. @module */
import type { GraphProto } from 'onnx-buf';
import { graphNode } from '../../onnx/file.js';
import { type Forest, readForest } from '../../onnx/forest.js';

/** Undefined where something stands before them, or after them what could change the order of scores. @param input with the image as a row. */
export function forestOf({ node: nodes, output, input: inputs }: GraphProto, input: string): Forest | undefined {
  const [tree, ...more] = nodes.filter(({ opType }) => opType === 'TreeEnsembleClassifier');
  const declared = inputs.find(({ name }) => name === input)?.type?.value;
  const rank = declared?.case === 'tensorType' ? declared.value.shape?.dim.length : undefined;
  if (tree?.input[0] !== input || more.length > 0 || rank !== 2) return undefined;
  let name = output[0]!.name;
  for (let node = producer(); node?.opType === 'Identity'; node = producer()) name = node.input[0]!;
  // A sigmoid or a softmax inside of the operator changes no order.
  return name === tree.output[1] ? readForest(graphNode(tree, 0, new Map()).attributes, 'class') : undefined;

  function producer() {
    return nodes.find(({ output: made }) => made.includes(name));
  }
}
