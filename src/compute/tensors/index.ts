/** Tensors in ordinary memory: their types, sizes, rows, and classes from scores. Knows no engine. @module */
export { type HostData, allocate, asHostData, bytesOf, bytesPerElement, concatenate, floats, rows, sizeOf, viewOf } from './host-tensor.js';
export {
  bitDepthOf,
  type BitDepth,
  bytesOfLevels,
  BYTE_LEVELS,
  LEVEL_TYPES,
  type Levels,
  levelsFromBytes,
  levelsOfFractions,
  type LevelType,
  levelTypeOf,
  levelTypeOfBits,
  makeLevels,
  mostOf,
  mostOfBits,
} from './levels.js';
export { gather, gatherAll } from './rows.js';
export { argmaxRows, argminRows, firstNonFiniteRow, inTopK, mapRows } from './scores.js';
export type { DType, HostTensor, HostTensors, ImageShape, Tensors } from './types.js';
