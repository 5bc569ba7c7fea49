/** Engines: how a tensor function written with TensorFlow.js is run. See types.ts for the contract. @module */
export { throwIfAborted } from './checks.js';
export { compile } from './compiled/compile.js';
export type { Target as CompilerTarget } from './compiled/emitter.js';
export { type Explanation, explainBatched, explainProgram, type OperatorCounts, type PassReport } from './compiled/explain.js';
export type { Node } from './compiled/graph.js';
export { blockSize } from './compiled/runtime/block-size.js';
export { trace } from './compiled/trace.js';
export { createEngine } from './create-engine.js';
export { ENGINE_NAMES } from './names.js';
export { computeOn, toHost, toTensor, toTensors } from './tensorflow.js';
export type {
  BatchedFunction,
  BatchedFunctionSpec,
  BatchedInput,
  Engine,
  EngineDescription,
  EngineName,
  EngineOptions,
  EngineStatistics,
  Program,
  ProgramSpec,
  RunOptions,
} from './types.js';
