/** Confidence of a model in a class. @module */
import { type HostTensor, mapRows } from '../tensors/index.js';
import type { OutputKind } from './types.js';

/** Probability of one class per row. @param scores `[n, classes]`: logits, or probabilities as they are; of labels, the predicted one has 1. */
export function confidences(scores: HostTensor, classes: Int32Array, output: OutputKind): Float32Array {
  const confidence = new Float32Array(classes.length);
  mapRows(scores, (row, i) => {
    const score = row[classes[i]!]!;
    if (output !== 'LOGITS') return (confidence[i] = score);
    return (confidence[i] = 1 / row.reduce((sum, other) => sum + Math.exp(other - score), 0));
  });
  return confidence;
}
