/** One-pixel attack: differential evolution of a few pixels, places and values (Su et al. 2019). @module */
import type { Budget } from '../../distances/index.js';
import { integer, real, type ValuesOf } from '../../parameters/index.js';
import type { RandomStream } from '../../random.js';
import { BlackBox, classOf, queryLimit } from '../core/black-box.js';
import { type AttackOutput, type AttackTask, defineAttack } from '../core/definition.js';
import { row } from '../core/image-arrays.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { logOdds, objectiveOf } from '../core/objectives.js';

const PARAMETERS = {
  pixels: integer({
    default: 1,
    minimum: 1,
    maximum: 1000,
    description: 'Most pixels that change, in all their channels. The paper takes 1, 3 and 5.',
  }),
  // The paper's first generation and 100 more.
  queries: queryLimit(40_400),
  population: integer({
    default: 400,
    minimum: 4,
    maximum: 10_000,
    description: 'Candidates of a generation.',
  }),
  generations: integer({
    default: 100,
    minimum: 0,
    maximum: 100_000,
    description: 'Most generations after the first. The paper takes 100.',
  }),
  differentialWeight: real({
    default: 0.5,
    minimum: 0,
    maximum: 2,
    description: 'F: how much of the difference of two candidates a third is moved by. The paper takes 0.5.',
  }),
  ...TARGET_PARAMETERS,
};

type Values = ValuesOf<typeof PARAMETERS>;

/** Mean and standard deviation of the first values, of 255. */
const [FIRST_VALUE, FIRST_DEVIATION] = [128, 127];

export const onePixel = defineAttack({
  kind: 'ONE_PIXEL',
  name: 'onePixel',
  title: 'One pixel',
  description:
    'Looks for one pixel, or a few, whose change fools the model, by differential evolution of places and values. Uses scores only.',
  access: 'SCORE',
  norms: ['L0'],
  targeted: true,
  reference: {
    title: 'One Pixel Attack for Fooling Deep Neural Networks',
    authors: 'Su, Vargas, Sakurai',
    year: 2019,
    link: 'arXiv:1710.08864',
  },
  parameters: PARAMETERS,
  budget,
  run: evolve,
});

/** A pixel has as many values as the image has channels. */
function budget({ pixels }: Pick<Values, 'pixels'>, imageShape: readonly number[]): Budget {
  return { norm: 'L0', epsilon: imageShape.at(-1)! * pixels };
}

/** Every child takes its parent's place where it is better. All children of a generation are bred of the one before, and then asked about. */
async function evolve(task: AttackTask, parameters: Values): Promise<AttackOutput> {
  const { pixels, population, queries, generations, differentialWeight } = parameters;
  const { inputShape } = task.model.spec;
  const box = new BlackBox(task, budget(parameters, inputShape), queries);
  const genes = genesOf(inputShape, pixels, differentialWeight);
  const objective = objectiveOf(task, logOdds(task));
  const streams = Array.from(task.labels, (_, i) => task.random.stream(i, 'one-pixel'));
  const adults = new Float32Array(task.labels.length * population * genes.count);
  const children = new Float32Array(adults.length);
  const values = new Float64Array(task.labels.length * population).fill(Infinity);
  const lowest = new Float64Array(task.labels.length).fill(Infinity);
  let examples = box.asking();
  for (let generation = 0; examples.length > 0 && generation <= generations; generation++) {
    const slots = [...examples].flatMap((i) =>
      Array.from({ length: Math.min(population, box.left(i)) }, (_, child) => i * population + child),
    );
    for (const slot of slots) {
      const i = Math.floor(slot / population);
      const child = row(children, genes.count, slot);
      if (generation === 0) genes.draw(streams[i]!, child);
      else genes.breed(streams[i]!, row(adults, population * genes.count, i), child);
    }
    const owners = Int32Array.from(slots, (slot) => Math.floor(slot / population));
    await box.scores(
      owners,
      (at, image) => {
        image.set(box.original(owners[at]!));
        genes.express(row(children, genes.count, slots[at]!), image);
      },
      (at, image, scores) => {
        const [i, slot] = [owners[at]!, slots[at]!];
        const value = objective(i, scores);
        if (value < lowest[i]!) {
          lowest[i] = value;
          box.keep(i, image);
        }
        if (box.isReached(i, classOf(scores))) box.finish(i, image);
        if (value >= values[slot]!) return;
        values[slot] = value;
        adults.set(row(children, genes.count, slot), slot * genes.count);
      },
    );
    await box.confirm();
    examples = box.asking();
  }
  return box.output();
}

/** Candidates as numbers: row, column and values of 0 to 255 of each pixel. */
function genesOf([height, width, channels]: readonly [number, number, number], pixels: number, differentialWeight: number) {
  const size = 2 + channels;
  const highest = [height - 1, width - 1, ...Array<number>(channels).fill(255)];
  const clip = (value: number, gene: number) => Math.min(highest[gene % size]!, Math.max(0, value));
  const count = pixels * size;
  return {
    count,
    draw(stream: RandomStream, child: Float32Array): void {
      for (let gene = 0; gene < count; gene++) {
        const value = gene % size < 2 ? stream.integer(highest[gene % size]! + 1) : FIRST_VALUE + FIRST_DEVIATION * stream.normal();
        child[gene] = clip(value, gene);
      }
    },
    /** `x₁ + F (x₂ - x₃)` of three candidates. @param family of all candidates of the example. */
    breed(stream: RandomStream, family: Float32Array, child: Float32Array): void {
      const [one, two, three] = distinct(stream, family.length / count).map((index) => row(family, count, index));
      for (let gene = 0; gene < count; gene++) {
        child[gene] = clip(one![gene]! + differentialWeight * (two![gene]! - three![gene]!), gene);
      }
    },
    express(child: Float32Array, image: Float32Array): void {
      for (let from = 0; from < count; from += size) {
        const p = (Math.round(child[from]!) * width + Math.round(child[from + 1]!)) * channels;
        for (let channel = 0; channel < channels; channel++) image[p + channel] = Math.round(child[from + 2 + channel]!) / 255;
      }
    },
  };
}

/** Three different numbers below `count`. */
function distinct(stream: RandomStream, count: number): number[] {
  const chosen: number[] = [];
  while (chosen.length < 3) {
    const index = stream.integer(count);
    if (!chosen.includes(index)) chosen.push(index);
  }
  return chosen;
}
