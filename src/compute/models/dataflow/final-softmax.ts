/** Takes a softmax or a sigmoid off the end of a graph, so that callers get logits: gradients through a saturated one vanish. @module */
import type { OutputKind } from '../types.js';
import { producersOf, type DataflowGraph, type GraphNode } from './graph.js';

/** Operators that only move values or are the identity: a softmax before them still is what comes out. */
const PASS_THROUGH = ['Identity', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Dropout', 'Cast', 'Snapshot', 'StopGradient'];

export interface LogitsGraph {
  readonly graph: DataflowGraph;
  readonly output: OutputKind;
  /** Whether it was taken off. */
  readonly isRemoved: boolean;
  /** Where it was, if it was a sigmoid of each score. */
  readonly sigmoid?: string;
  readonly warning?: string;
}

export function removeFinalSoftmax(graph: DataflowGraph): LogitsGraph {
  const producers = producersOf(graph);
  let last = producers.get(graph.output);
  while (last && PASS_THROUGH.includes(last.operator)) last = producers.get(last.inputs[0]!);
  if (last && (isSoftmaxOverClasses(last) || last.operator === 'Sigmoid')) {
    const removed: GraphNode = { ...last, operator: 'Identity' };
    return {
      graph: { ...graph, nodes: graph.nodes.map((node) => (node === last ? removed : node)) },
      output: 'LOGITS',
      isRemoved: true,
      ...(last.operator === 'Sigmoid' ? { sigmoid: `node ${last.name}` } : {}),
    };
  }
  const logits = last && behindWrittenOut(last, producers);
  if (last && logits !== undefined) {
    const removed: GraphNode = { ...last, operator: 'Identity', inputs: [logits] };
    return { graph: { ...graph, nodes: graph.nodes.map((node) => (node === last ? removed : node)) }, output: 'LOGITS', isRemoved: true };
  }
  if (last?.operator !== 'Softmax') return { graph, output: 'LOGITS', isRemoved: false };
  return {
    graph,
    output: 'PROBABILITIES',
    isRemoved: false,
    warning: `The network ends in a softmax (node ${last.name}) that could not be removed, so attacks see probabilities. Where they saturate, gradients vanish and the model looks more robust than it is. Export it without that node.`,
  };
}

function isSoftmaxOverClasses({ operator, attributes }: GraphNode): boolean {
  return operator === 'Softmax' && [undefined, 1, -1].includes(attributes.values['axis'] as number | undefined);
}

/** The logits of a softmax that is written as `exp(x - logsumexp(x))`, as scikit-learn's naive Bayes is; undefined where it is none. */
function behindWrittenOut({ operator, inputs }: GraphNode, producers: ReadonlyMap<string, GraphNode>): string | undefined {
  const difference = operator === 'Exp' ? producers.get(inputs[0]!) : undefined;
  if (difference?.operator !== 'Sub') return undefined;
  let sum = producers.get(difference.inputs[1]!);
  while (sum && PASS_THROUGH.includes(sum.operator)) sum = producers.get(sum.inputs[0]!);
  return sum?.operator === 'ReduceLogSumExp' && sum.inputs[0] === difference.inputs[0] ? difference.inputs[0] : undefined;
}
