/** Loops as TensorFlow 1 and the converter write them, as nodes that name two functions: of the condition and of a round. @module */
import { ComputeError } from '../../errors.js';
import { Attributes } from '../dataflow/attributes.js';
import { type GraphNode, producersOf } from '../dataflow/graph.js';

/** A function of the file, or a part of its graph: names of its arguments and results, and its nodes. */
export interface GraphFunction {
  readonly inputs: readonly string[];
  readonly nodes: readonly GraphNode[];
  readonly outputs: readonly string[];
}

export interface WithLoops {
  readonly nodes: readonly GraphNode[];
  readonly functions: ReadonlyMap<string, GraphFunction>;
}

/** What goes round in a loop. */
interface LoopVariable {
  readonly enter: GraphNode;
  readonly merge: GraphNode;
  readonly decision?: GraphNode;
  readonly next: GraphNode;
  readonly exit?: GraphNode;
}

/**
 * Values enter a loop by `Enter`, are merged with those of the round before, and leave it by `Exit` or go on through the round to `NextIteration`,
 * as `Switch` says.
 * @throws ComputeError INVALID_MODEL for a loop of which a part is missing, UNSUPPORTED_OPERATION for one in another.
 */
export function foldLoops(nodes: readonly GraphNode[]): WithLoops {
  const functions = new Map<string, GraphFunction>();
  const conditions = nodes.filter(({ operator }) => operator === 'LoopCond');
  if (conditions.length === 0) return { nodes, functions };
  const producers = producersOf({ nodes });
  const removed = new Set<GraphNode>();
  const loops = conditions.map((condition) => {
    const variables = variablesOf(condition, nodes, producers);
    const { name } = condition;
    const within = inside(producers, removed);
    functions.set(`${name}/condition`, { inputs: variables.map(({ merge }) => merge.outputs[0]!), ...within([condition.inputs[0]!]) });
    const entered = variables.map(({ decision }) => decision?.outputs[1] ?? '');
    functions.set(`${name}/round`, { inputs: entered, ...within(variables.map(({ next }) => next.inputs[0]!)) });
    for (const { enter, merge, decision, next, exit } of variables) {
      for (const node of [enter, merge, decision, next, exit]) if (node) removed.add(node);
    }
    removed.add(condition);
    return {
      name,
      operator: 'While',
      version: 1,
      inputs: variables.map(({ enter }) => enter.inputs[0]!),
      outputs: variables.map(({ exit }) => exit?.outputs[0] ?? ''),
      attributes: new Attributes(name, { cond: `${name}/condition`, body: `${name}/round` }),
    };
  });
  const others = nodes.filter((node) => !removed.has(node));
  // What is left of them are values that all rounds share.
  const constants = others.map((node) => (node.operator === 'Enter' ? { ...node, operator: 'Identity' } : node));
  return { nodes: [...constants, ...loops], functions };
}

function variablesOf(condition: GraphNode, nodes: readonly GraphNode[], producers: ReadonlyMap<string, GraphNode>): LoopVariable[] {
  const decisions = new Map(
    nodes
      .filter(({ operator, inputs }) => operator === 'Switch' && inputs[1] === condition.outputs[0])
      .map((node) => [node.inputs[0]!, node]),
  );
  const merges = nodes.filter(({ operator, inputs }) => operator === 'Merge' && producers.get(inputs[0]!)?.operator === 'Enter');
  const exits = new Map(nodes.filter(({ operator }) => operator === 'Exit').map((node) => [node.inputs[0]!, node]));
  // Of several loops, each has the frame of the values that its condition decides on.
  const frameOf = (merge: GraphNode) => producers.get(merge.inputs[0]!)!.attributes.string('frame_name', '');
  const own = merges.find((merge) => decisions.has(merge.outputs[0]!));
  const variables = merges
    .filter((merge) => own && frameOf(merge) === frameOf(own))
    .map((merge) => {
      const decision = decisions.get(merge.outputs[0]!);
      const next = producers.get(merge.inputs[1]!);
      if (next?.operator !== 'NextIteration') throw incomplete(condition);
      return { enter: producers.get(merge.inputs[0]!)!, merge, decision, next, exit: decision && exits.get(decision.outputs[0]!) };
    });
  if (variables.length === 0) throw incomplete(condition);
  return variables;
}

const BOUNDARIES = ['Enter', 'Merge', 'Switch'];

/** The nodes that values need, up to where values enter. @param removed receives them. */
function inside(producers: ReadonlyMap<string, GraphNode>, removed: Set<GraphNode>) {
  return (outputs: readonly string[]): Pick<GraphFunction, 'nodes' | 'outputs'> => {
    const found = new Set<GraphNode>();
    const open = [...outputs];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      const node = producers.get(name);
      if (!node || found.has(node) || BOUNDARIES.includes(node.operator)) continue;
      if (node.operator === 'LoopCond' || node.operator === 'Exit') {
        throw new ComputeError('UNSUPPORTED_OPERATION', `Node ${node.name} is of a loop inside of a loop, which is not supported.`, [
          'graph',
          node.name,
        ]);
      }
      found.add(node);
      removed.add(node);
      open.push(...node.inputs);
    }
    return { nodes: [...found], outputs };
  };
}

function incomplete({ name }: GraphNode): ComputeError {
  return new ComputeError('INVALID_MODEL', `Node ${name} (LoopCond) is of a loop that lacks a part.`, ['graph', name]);
}
