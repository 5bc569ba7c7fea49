/** What range of pixels an ONNX graph seems to be written for, by what it does to its input first. @module */
import type { HostTensor } from '../../tensors/index.js';
import type { GraphNode } from '../dataflow/graph.js';
import type { ModelSpec } from '../types.js';

/** Operators that leave the values of pixels as they are. */
const PASS_THROUGH = ['Cast', 'Identity', 'Transpose', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'QuantizeLinear', 'DequantizeLinear'];
/** Means and divisors above it are those of pixels up to 255. */
const LARGE = 16;

/**
 * A warning where the file begins by dividing pixels of up to 255 and is given fractions, or the other way.
 * @param input name of the value that holds the image. @param constants of the file.
 */
export function valueRangeWarning(
  nodes: readonly GraphNode[],
  constants: ReadonlyMap<string, HostTensor>,
  input: string,
  [low, high]: ModelSpec['valueRange'],
): string | undefined {
  const first = firstArithmetic(nodes, constants, input);
  if (!first) return undefined;
  const { node, largest, does } = first;
  const isGivenBytes = high > LARGE;
  if (largest > LARGE && !isGivenBytes) {
    return `The file ${does} ${round(largest)} (node ${node.name}), as of pixels from 0 to 255, and its valueRange is [${low}, ${high}]: all images look black to it. If that is so, submit it with valueRange [0, 255].`;
  }
  if (largest > 0.01 && largest <= 1 && node.operator === 'Sub' && isGivenBytes) {
    return `The file ${does} ${round(largest)} (node ${node.name}), as of pixels from 0 to 1, and its valueRange is [${low}, ${high}]. If that is so, submit it with valueRange [0, 1].`;
  }
  return undefined;
}

const round = (value: number) => Number(value.toPrecision(4));

/** The first operator that computes with the pixels, where it divides by a constant, multiplies with or subtracts one. */
function firstArithmetic(nodes: readonly GraphNode[], constants: ReadonlyMap<string, HostTensor>, input: string) {
  const pixels = new Set([input]);
  const known = new Map(constants);
  for (const node of nodes) {
    if (node.operator === 'Constant' && node.attributes.has('value')) known.set(node.outputs[0]!, node.attributes.tensor('value'));
    if (!pixels.has(node.inputs[0] ?? '')) continue;
    if (PASS_THROUGH.includes(node.operator)) {
      pixels.add(node.outputs[0]!);
      continue;
    }
    const values = known.get(node.inputs[1] ?? '')?.data;
    if (!values || values.length === 0 || values.length > 4) return undefined;
    const largest = Math.max(...Array.from(values, Math.abs));
    if (node.operator === 'Div') return { node, largest, does: 'divides its input by' };
    if (node.operator === 'Sub') return { node, largest, does: 'subtracts from its input' };
    if (node.operator === 'Mul' && largest > 0) return { node, largest: 1 / largest, does: 'divides its input by' };
    return undefined;
  }
  return undefined;
}
