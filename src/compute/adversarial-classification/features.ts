/** Images as rows of features: mean pixel values of square cells, in few values. @module */
import type { Dataset } from '../data/index.js';
import { ComputeError } from '../errors.js';
import { mostOf } from '../tensors/index.js';
import type { LabelledRows } from './naive-bayes.js';

export interface FeaturePlan {
  /** Cells in each direction. */
  readonly grid: number;
  /** Rising: a feature's value is the number of those that its cell's mean is above. */
  readonly thresholds: readonly number[];
  /** Classes of the data set. Examples of others are left out. */
  readonly malicious: readonly number[];
  readonly innocent: readonly number[];
}

/** @throws ComputeError INVALID_DATASET where the data set has not such classes, or images smaller than the grid. */
export async function readRows(
  dataset: Dataset,
  { grid, thresholds, malicious, innocent }: FeaturePlan,
  sampleCount: number,
): Promise<LabelledRows> {
  const [height, width, channels] = dataset.info.imageShape;
  const known = dataset.info.classNames.length;
  const unknown = [...malicious, ...innocent].find((label) => !(label >= 0 && label < known));
  if (unknown !== undefined) throw new ComputeError('INVALID_DATASET', `The data set has ${known} classes, and no class ${unknown}.`);
  if (grid > Math.min(height, width)) {
    throw new ComputeError('INVALID_DATASET', `Images of ${height} x ${width} pixels have no ${grid} x ${grid} cells.`);
  }
  const { images, labels } = await dataset.read(0, sampleCount);
  const most = mostOf(images);
  const size = height * width * channels;
  const rows: Uint8Array[] = [];
  const isMalicious: number[] = [];
  for (const [i, label] of labels.entries()) {
    if (!malicious.includes(label) && !innocent.includes(label)) continue;
    const means = cellMeans(images.subarray(i * size, (i + 1) * size), [height, width, channels], grid);
    rows.push(Uint8Array.from(means, (mean) => thresholds.filter((bound) => mean / most > bound).length));
    isMalicious.push(Number(malicious.includes(label)));
  }
  return { rows, malicious: Uint8Array.from(isMalicious), values: thresholds.length + 1 };
}

function cellMeans(pixels: ArrayLike<number>, [height, width, channels]: readonly [number, number, number], grid: number): number[] {
  const means: number[] = [];
  const edge = (cell: number, length: number) => Math.floor((cell * length) / grid);
  for (let row = 0; row < grid; row++) {
    for (let column = 0; column < grid; column++) {
      let [sum, count] = [0, 0];
      for (let y = edge(row, height); y < edge(row + 1, height); y++) {
        for (let at = (y * width + edge(column, width)) * channels; at < (y * width + edge(column + 1, width)) * channels; at++) {
          sum += pixels[at]!;
          count++;
        }
      }
      means.push(sum / count);
    }
  }
  return means;
}
