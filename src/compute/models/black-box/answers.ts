/** What black boxes answer, as rows of scores. @module */
import { argmaxRows, type HostTensor, rows } from '../../tensors/index.js';
import { ComputeError } from '../../errors.js';

/** Images by parts of at most `size`, their answers as one. @param ask gives `[n, classCount]` for n images. */
export async function inBatches(
  images: HostTensor,
  size: number,
  classCount: number,
  ask: (batch: HostTensor) => Promise<ArrayLike<number>>,
): Promise<HostTensor> {
  const n = images.shape[0]!;
  const data = new Float32Array(n * classCount);
  for (let from = 0; from < n; from += size) {
    const batch = rows(images, from, Math.min(n, from + size));
    const scores = await ask(batch);
    const expected = batch.shape[0]! * classCount;
    if (scores.length !== expected) {
      throw new ComputeError(
        'INVALID_MODEL',
        `For ${batch.shape[0]} images and ${classCount} classes the model outputs ${scores.length} values, not ${expected}.`,
        ['spec', 'classCount'],
      );
    }
    data.set(scores, from * classCount);
  }
  return { dtype: 'float32', shape: [n, classCount], data };
}

/** Labels as rows. @throws ComputeError INVALID_MODEL where one is no class. */
export function labelScores(labels: ArrayLike<number>, classCount: number): Float32Array {
  const wrong = Array.from(labels).find((label) => !Number.isInteger(label) || label < 0 || label >= classCount);
  if (wrong === undefined) return oneHot(labels, classCount);
  throw new ComputeError('INVALID_MODEL', `The model returns the label ${wrong}; the classes are 0 to ${classCount - 1}.`, [
    'spec',
    'classCount',
  ]);
}

/** A 1 for each label, as a row. */
function oneHot(labels: ArrayLike<number>, classCount: number): Float32Array {
  const scores = new Float32Array(labels.length * classCount);
  for (let i = 0; i < labels.length; i++) scores[i * classCount + labels[i]!] = 1;
  return scores;
}

/** What is left of scores where only decisions are shown. */
export function decisionsOf(scores: HostTensor): HostTensor {
  return { ...scores, data: oneHot(argmaxRows(scores), scores.shape[1]!) };
}
