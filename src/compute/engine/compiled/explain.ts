/** What compiling does, step by step: for people, and for tests that notice a rule that stops firing. @module */
import type { BatchedFunctionSpec, ProgramSpec } from '../types.js';
import type { Tensors } from '../../tensors/index.js';
import { lower } from './compile.js';
import type { Target } from './emitter.js';
import { batchedInputs } from './function.js';
import type { Graph, Spec } from './graph.js';
import { encodeModel } from './onnx.js';
import { callProgram, programInputs } from './program.js';
import { optimize } from './rewrites/optimize.js';
import { trace } from './trace.js';

/** How often each operator occurs, by name. */
export type OperatorCounts = Readonly<Record<string, number>>;

export interface PassReport {
  readonly name: string;
  /** Kernels that outputs need, before the pass and after it. */
  readonly before: OperatorCounts;
  readonly after: OperatorCounts;
  /** Rules that fired, in the order in which they first did. */
  readonly rules: readonly { readonly name: string; readonly law: string; readonly times: number }[];
  /** Calls with constants alone, which were computed. */
  readonly folded: number;
  /** Calls that were the same as another. */
  readonly merged: number;
}

export interface Explanation {
  readonly passes: readonly PassReport[];
  /** Of the ONNX graph; those that are not ONNX's own with their domain before the name. */
  readonly operators: OperatorCounts;
  /** Constants in the ONNX graph. */
  readonly constants: number;
  /** Length of the ONNX file. */
  readonly bytes: number;
}

/**
 * Compiles a batched function and says how.
 * @param size examples in a micro-batch.
 * @throws ComputeError UNSUPPORTED_OPERATION where the function has no compiled form.
 */
export function explainBatched(spec: BatchedFunctionSpec, size: number, target: Target): Explanation {
  return explain(batchedInputs(spec, size), (inputs) => spec.fn(inputs), target);
}

/** Compiles a step of a program and says how. @throws ComputeError UNSUPPORTED_OPERATION where it has no compiled form. */
export function explainProgram(spec: ProgramSpec, target: Target): Explanation {
  return explain(programInputs(spec), (tensors) => callProgram(spec, tensors), target);
}

function explain(inputs: Readonly<Record<string, Spec>>, fn: (inputs: Tensors) => Tensors, target: Target): Explanation {
  const graph = trace(inputs, fn);
  const passes: PassReport[] = [];
  let before = countKernels(graph);
  optimize(graph, target, (name, applied) => {
    const after = countKernels(graph);
    const rules = [...(applied?.rules ?? [])].map(([{ name, law }, times]) => ({ name, law, times }));
    passes.push({ name, before, after, rules, folded: applied?.folded ?? 0, merged: applied?.merged ?? 0 });
    before = after;
  });
  const model = lower(graph, target);
  return {
    passes,
    operators: countNames(model.nodes.map(({ op, domain }) => (domain === '' ? op : `${domain}.${op}`))),
    constants: model.initializers.size,
    bytes: encodeModel(model).length,
  };
}

function countKernels(graph: Graph): OperatorCounts {
  return countNames(graph.sorted().map(({ kernel }) => kernel));
}

/** In alphabetical order. */
function countNames(names: readonly string[]): OperatorCounts {
  const counts = new Map<string, number>();
  for (const name of [...names].sort()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries(counts);
}
