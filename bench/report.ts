/** Rows as a table for people. @module */
import type { Row } from './measure.js';

const number = (value: number) => value.toFixed(value < 100 ? 1 : 0);
const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

export function columnsOf(row: Row): Record<string, string | number> {
  return {
    model: `${row.model} ${row.title}`,
    batch: row.batch,
    'forward/s': number(row.forward),
    'FGSM/s': number(row.fgsm),
    'iter. basic/s': number(row.iterative),
    'step ÷ forward': row.stepOverForward.toFixed(2),
    'FGSM of peak': percent(row.attackShareOfPeak),
    ...(row.training !== undefined && {
      'SGD/s': number(row.training),
      'SGD of peak': percent(row.trainingShareOfPeak!),
      'Algorithm 1/s': number(row.algorithm1!),
      overhead: (row.training / row.algorithm1!).toFixed(2),
    }),
    'peak GFLOP/s': (row.peakFlops / 1e9).toFixed(0),
    'compile s': row.compileSeconds.toFixed(1),
    'memory MiB': Math.round(row.peakMemoryBytes / 2 ** 20),
  };
}
