/** Rotations and translations, all of a grid (Engstrom et al. 2019). Their budget is no norm of the change of pixels. @module */
import type { Budget } from '../../distances/index.js';
import { choice, integer, real, type ValuesOf } from '../../parameters/index.js';
import { BlackBox, classOf } from '../core/black-box.js';
import { type AttackOutput, type AttackTask, defineAttack } from '../core/definition.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { margin, objectiveOf } from '../core/objectives.js';

const PARAMETERS = {
  rotation: real({
    default: 30,
    minimum: 0,
    maximum: 180,
    description: 'Largest rotation, in degrees either way.',
  }),
  translation: real({
    default: 3,
    minimum: 0,
    maximum: 1000,
    description: 'Largest translation, in pixels either way. The paper takes 3 for images of 28 × 28 and 32 × 32 pixels, 24 for 224 × 224.',
  }),
  rotations: integer({
    default: 31,
    minimum: 1,
    maximum: 361,
    description: 'Angles of the grid.',
  }),
  translations: integer({
    default: 5,
    minimum: 1,
    maximum: 101,
    description: 'Translations of the grid in each direction.',
  }),
  search: choice({
    enumName: 'RotationTranslationSearch',
    values: {
      GRID: 'All of a grid, from the mildest on.',
      RANDOM: 'A random rotation and translation at a time: the paper’s worst of 10.',
    },
    default: 'GRID',
    description: 'What is asked about. The paper finds the grid to be the stronger.',
  }),
  randomTries: integer({
    default: 10,
    minimum: 1,
    maximum: 100_000,
    description: 'Random rotations and translations of each example. The paper takes 10, Foolbox 100.',
  }),
  ...TARGET_PARAMETERS,
};

type Values = ValuesOf<typeof PARAMETERS>;

const NO_BUDGET: Budget = { norm: 'LINF', epsilon: Infinity };

export const rotationTranslation = defineAttack({
  kind: 'ROTATION_TRANSLATION',
  name: 'rotationTranslation',
  title: 'Rotation and translation',
  description:
    'Asks about rotations and translations, all of a grid from the mildest on or random ones, until one fools the model. It has no budget in a norm; distances are measured as they are.',
  access: 'SCORE',
  norms: ['LINF'],
  targeted: true,
  reference: {
    title: 'Exploring the Landscape of Spatial Robustness',
    authors: 'Engstrom, Tran, Tsipras, Schmidt, Madry',
    year: 2019,
    link: 'arXiv:1712.02779',
  },
  parameters: PARAMETERS,
  budget: () => NO_BUDGET,
  run: search,
});

/** One transformation of each image at a time. Images that none fools end as the one with the smallest margin. */
async function search(task: AttackTask, parameters: Values): Promise<AttackOutput> {
  const box = new BlackBox(task, NO_BUDGET, Infinity);
  const objective = objectiveOf(task, margin);
  const smallest = new Float64Array(task.labels.length).fill(Infinity);
  for (const warpOfExample of warpsOf(task, parameters)) {
    const examples = box.asking();
    if (examples.length === 0) break;
    await box.scores(
      examples,
      (at, image) => {
        warpOfExample(examples[at]!)(box.original(examples[at]!), image);
        box.round(image);
      },
      (at, image, scores) => {
        const i = examples[at]!;
        const value = objective(i, scores);
        if (value < smallest[i]!) {
          smallest[i] = value;
          box.keep(i, image);
        }
        if (box.isReached(i, classOf(scores))) box.finish(i, image);
      },
    );
    await box.confirm();
  }
  return box.output();
}

/** What each example is transformed by, in turn. */
function* warpsOf({ labels, random, model }: AttackTask, parameters: Values): Iterable<(example: number) => Warp> {
  const { inputShape } = model.spec;
  if (parameters.search === 'GRID') {
    for (const transformation of gridOf(parameters)) {
      const warp = warpOf(inputShape, transformation);
      yield () => warp;
    }
    return;
  }
  const { rotation, translation, randomTries } = parameters;
  const streams = Array.from(labels, (_, i) => random.stream(i, 'rotation-translation'));
  for (let attempt = 0; attempt < randomTries; attempt++) {
    yield (example) => {
      const within = (largest: number) => largest * (2 * streams[example]!.uniform() - 1);
      return warpOf(inputShape, { angle: within(rotation), down: within(translation), right: within(translation) });
    };
  }
}

/** Writes the transformed image of an original. */
type Warp = (original: Float32Array, image: Float32Array) => void;

/** Degrees anticlockwise, pixels down and to the right. */
interface Transformation {
  readonly angle: number;
  readonly down: number;
  readonly right: number;
}

/** The grid without the identity, from the mildest on: by the sum of angle and translations as shares of the largest. */
function gridOf({ rotation, translation, rotations, translations }: Values): Transformation[] {
  const angles = evenly(rotation, rotations);
  const shifts = evenly(translation, translations);
  const grid = angles.flatMap((angle) => shifts.flatMap((down) => shifts.map((right) => ({ angle, down, right }))));
  const share = (value: number, largest: number) => Math.abs(value) / Math.max(largest, Number.MIN_VALUE);
  const strength = ({ angle, down, right }: Transformation) =>
    share(angle, rotation) + share(down, translation) + share(right, translation);
  return grid.filter((one) => strength(one) > 0).sort((a, b) => strength(a) - strength(b));
}

/** `count` numbers from -largest to largest, the same distance apart; 0 where there is one. */
function evenly(largest: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => (count === 1 ? 0 : largest * ((2 * i) / (count - 1) - 1)));
}

/** Bilinear interpolation of what a rotation about the middle and then a translation bring to each pixel; black from outside of the image. */
function warpOf([height, width, channels]: readonly [number, number, number], { angle, down, right }: Transformation): Warp {
  const [sine, cosine] = [Math.sin((angle * Math.PI) / 180), Math.cos((angle * Math.PI) / 180)];
  const [middleY, middleX] = [(height - 1) / 2, (width - 1) / 2];
  // Four neighbours of each pixel's source: where they are, or -1 outside of the image, and their weights.
  const places = new Int32Array(4 * height * width);
  const weights = new Float32Array(places.length);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [fromMiddleY, fromMiddleX] = [y - down - middleY, x - right - middleX];
      const sourceY = middleY + cosine * fromMiddleY + sine * fromMiddleX;
      const sourceX = middleX - sine * fromMiddleY + cosine * fromMiddleX;
      for (const row of [Math.floor(sourceY), Math.floor(sourceY) + 1]) {
        for (const column of [Math.floor(sourceX), Math.floor(sourceX) + 1]) {
          const isInside = row >= 0 && row < height && column >= 0 && column < width;
          places[at] = isInside ? (row * width + column) * channels : -1;
          weights[at++] = (1 - Math.abs(sourceY - row)) * (1 - Math.abs(sourceX - column));
        }
      }
    }
  }
  return (original, image) => {
    image.fill(0);
    for (let at = 0; at < places.length; at++) {
      if (places[at]! < 0) continue;
      const p = Math.floor(at / 4) * channels;
      for (let channel = 0; channel < channels; channel++) image[p + channel]! += weights[at]! * original[places[at]! + channel]!;
    }
  };
}
