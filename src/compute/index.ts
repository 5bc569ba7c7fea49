/** `compute` as a library: robustness of image classifiers, without GraphQL, database or jobs. @module */
export * from './errors.js';
export * from './process/index.js';
export * from './random.js';
export * from './memory/index.js';
export * from './tensors/index.js';
export * from './parameters/index.js';
export * as onnxruntime from './onnxruntime/index.js';
export * from './engine/index.js';
export * from './models/index.js';
export * from './data/index.js';
export * from './distances/index.js';
export * from './statistics/index.js';
export * from './attacks/index.js';
export * from './training/index.js';
export * from './evaluation/index.js';
export * from './host/index.js';
