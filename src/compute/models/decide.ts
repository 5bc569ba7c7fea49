/**
 * What a model decides by several predictions: the outcome of one prediction of a random model is no property of the image (Athalye, Carlini and Wagner 2018,
 * arXiv 1802.00420, section 3).
 * @module
 */
import type { HostTensor } from '../tensors/index.js';
import { argmaxRows, floats } from '../tensors/index.js';

/** Of n images. */
export interface Decisions {
  /** `[n, classCount]`: the mean of what the predictions output. */
  readonly scores: HostTensor;
  /** The class that most of the predictions are of; of several such classes, that with the highest mean score. */
  readonly prediction: Int32Array;
  /** `[n, classCount]`: the share of the predictions that are of each class. */
  readonly votes: HostTensor;
}

/**
 * @param predictions how many. One decides what `predict` outputs.
 * @param predict outputs `[n, classCount]`, for the draws 0, 1, …
 */
export async function decide(predictions: number, predict: (draw: number) => Promise<HostTensor>): Promise<Decisions> {
  const first = await predict(0);
  const [n, classes] = first.shape as [number, number];
  const scores = Float32Array.from(floats(first));
  const votes = new Float32Array(n * classes);
  let prediction = argmaxRows(first);
  const vote = () => prediction.forEach((predicted, i) => (votes[i * classes + predicted]! += 1));
  vote();
  for (let draw = 1; draw < predictions; draw++) {
    const output = await predict(draw);
    prediction = argmaxRows(output);
    floats(output).forEach((score, k) => (scores[k]! += score));
    vote();
  }
  const share = (values: Float32Array): HostTensor => ({
    dtype: 'float32',
    shape: [n, classes],
    data: values.map((sum) => sum / predictions),
  });
  const mean = share(scores);
  return { scores: mean, prediction: prediction.map((_, i) => winner(votes, floats(mean), i, classes)), votes: share(votes) };
}

function winner(votes: Float32Array, scores: Float32Array, row: number, classes: number): number {
  const at = row * classes;
  let best = 0;
  for (let c = 1; c < classes; c++) {
    const more = votes[at + c]! - votes[at + best]!;
    if (more > 0 || (more === 0 && scores[at + c]! > scores[at + best]!)) best = c;
  }
  return best;
}
