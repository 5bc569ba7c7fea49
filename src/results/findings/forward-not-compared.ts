import type { FindingCheck } from './types.js';

export const forwardNotCompared: FindingCheck = {
  code: 'FORWARD_NOT_COMPARED',
  description: 'The import of an ONNX file could not be compared with onnxruntime on the same file.',
  check({ isImportUnverified }) {
    if (!isImportUnverified) return undefined;
    return {
      severity: 'WARNING',
      message:
        'Whether the imported network is that of the ONNX file has not been verified: onnxruntime could not run the file, or the network draws random numbers. `warnings` of the model say why. Compare its clean accuracy with what you know of it, or attack the file itself, submitted with access SCORE.',
      evidence: { forwardDifference: 'null' },
    };
  },
};
