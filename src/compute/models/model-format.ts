/** Formats of model files. @module */

export const MODEL_FORMATS = ['LAYERS_MODEL', 'ONNX', 'TFJS_GRAPH_MODEL'] as const;

export type ModelFormat = (typeof MODEL_FORMATS)[number];
