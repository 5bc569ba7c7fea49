/** Square attack under an L∞ budget: random search by squares of ±ε, which asks for scores only (Andriushchenko et al. 2020). @module */
import type { HostTensor } from '../engine/types.js';
import { linfBudget } from './budgets.js';
import { LINF_EPSILON } from './parameters.js';
import { randomlyChanged, type DrawChange } from './random-images.js';
import { ANDRIUSHCHENKO_2020 } from './references.js';
import { gather, Survivors } from './survivors.js';
import type { AttackDefinition, AttackOutput, AttackTask, Budget, NumberParameter } from './types.js';

const QUERIES: NumberParameter = {
  type: 'integer',
  default: 5000,
  minimum: 1,
  maximum: 1_000_000,
  description: 'Most queries of each example; one that is fooled asks no more.',
};

const SHARE: NumberParameter = {
  type: 'number',
  default: 0.8,
  minimum: 0,
  maximum: 1,
  description: 'p: share of the pixels that the first squares cover; it shrinks as queries are spent.',
};

export const squareLinf: AttackDefinition = {
  kind: 'SQUARE_LINF',
  name: 'squareLinf',
  title: 'Square, L∞',
  description:
    'Random search that repaints squares of the image at the edge of the budget and keeps what lowers the margin. Uses scores only.',
  access: 'SCORE',
  norms: ['LINF'],
  targeted: false,
  reference: ANDRIUSHCHENKO_2020,
  parameters: { epsilon: LINF_EPSILON, queries: QUERIES, share: SHARE },
  budget: linfBudget,
  run: (task, parameters) => search(task, linfBudget(parameters), parameters['queries'] as number, parameters['share'] as number),
};

async function search(task: AttackTask, budget: Budget, queries: number, share: number): Promise<AttackOutput> {
  const survivors = new Survivors(task, budget);
  let best = await look(survivors, randomlyChanged(survivors.task(), 'square.start', stripes(task.model.spec.inputShape, budget.epsilon)));
  for (let query = 1; query < queries && survivors.count > 0; query++) {
    const left = survivors.task();
    const covered = share * shrinkage(query / queries);
    best = keepBetter(best, await look(survivors, repainted(left, best.images, `square.${query}`, covered, budget.epsilon)));
  }
  if (survivors.count > 0) await survivors.release(best.images);
  return survivors.output();
}

interface Seen {
  readonly images: HostTensor;
  /** Score of the true class over the best of the others, of each image. */
  readonly margins: Float32Array;
  /** Rows of the images before, whose examples were not fooled. */
  readonly staying: Int32Array;
}

/** Asks for the scores of candidates and lets go of the examples that they fool. */
async function look(survivors: Survivors, candidates: HostTensor): Promise<Seen> {
  const { labels, predict } = survivors.task();
  const margins = marginsOf(await predict(candidates), labels);
  survivors.spend(1, 0);
  const suspects = Int32Array.from(labels.keys()).filter((row) => margins[row]! <= 0);
  const all = Int32Array.from(labels.keys());
  const staying = suspects.length > 0 ? await survivors.release(candidates, suspects) : all;
  return { images: gather(candidates, staying), margins: staying.length === all.length ? margins : pick(margins, staying), staying };
}

/** Of each example that is left, the image with the smaller margin. */
function keepBetter(best: Seen, seen: Seen): Seen {
  const before = gather(best.images, seen.staying);
  const margins = pick(best.margins, seen.staying);
  const size = before.data.length / Math.max(1, margins.length);
  for (const [row, margin] of seen.margins.entries()) {
    if (margin >= margins[row]!) continue;
    margins[row] = margin;
    before.data.set(seen.images.data.subarray(row * size, (row + 1) * size), row * size);
  }
  return { images: before, margins, staying: seen.staying };
}

function pick(values: Float32Array, rows: Int32Array): Float32Array {
  return Float32Array.from(rows, (row) => values[row]!);
}

function marginsOf({ shape, data }: HostTensor, labels: Int32Array): Float32Array {
  const classes = shape[1]!;
  return Float32Array.from(labels, (label, i) => {
    let other = -Infinity;
    for (let c = 0; c < classes; c++) if (c !== label) other = Math.max(other, data[i * classes + c]!);
    return data[i * classes + label]! - other;
  });
}

/** Vertical stripes one pixel wide, each up or down by ε in each channel: the paper's first image. */
function stripes([, width, channels]: readonly [number, number, number], epsilon: number): DrawChange {
  return (stream, size) => {
    const signs = Float32Array.from({ length: width * channels }, () => (stream.integer(2) === 0 ? epsilon : -epsilon));
    return Float32Array.from({ length: size }, (_, p) => signs[p % signs.length]!);
  };
}

/** Every image with one random square at the edge of the budget, up or down in each channel. @param covered share of the pixels in the square. */
function repainted({ images: original, random, model }: AttackTask, images: HostTensor, purpose: string, covered: number, epsilon: number) {
  const [height, width, channels] = model.spec.inputShape;
  const size = height * width * channels;
  const side = Math.min(height, width, Math.max(1, Math.round(Math.sqrt(covered * height * width))));
  const data = images.data.slice();
  for (let i = 0; i < images.shape[0]!; i++) {
    const stream = random.stream(i, purpose);
    const [top, left] = [stream.integer(height - side + 1), stream.integer(width - side + 1)];
    const changes = Array.from({ length: channels }, () => (stream.integer(2) === 0 ? epsilon : -epsilon));
    for (let at = 0; at < side * side * channels; at++) {
      const [row, column, channel] = [Math.floor(at / (side * channels)), Math.floor(at / channels) % side, at % channels];
      const p = i * size + ((top + row) * width + left + column) * channels + channel;
      data[p] = Math.min(1, Math.max(0, original.data[p]! + changes[channel]!));
    }
  }
  return { ...images, data };
}

/** Shares of the queries after which the squares' area is halved, as the authors' schedule for 10,000 queries has it. */
const HALVINGS = [0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8];

function shrinkage(spent: number): number {
  return 2 ** -HALVINGS.filter((share) => spent > share).length;
}
