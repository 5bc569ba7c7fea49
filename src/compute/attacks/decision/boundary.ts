/** Boundary attack: a random walk along the decision boundary that comes nearer to the original, by decisions only (Brendel et al. 2018). @module */
import { BlackBox } from '../core/black-box.js';
import { l2Budget } from '../core/budgets.js';
import { integer, real, type ValuesOf } from '../../parameters/index.js';
import { defineAttack, type AttackTask } from '../core/definition.js';
import { clipped, row } from '../core/image-arrays.js';
import { smallestChange, type SearchResult } from '../core/minimum-norm.js';
import { fillNormal } from '../core/normal-noise.js';
import { L2_CAP } from '../core/parameters.js';
import { L2 } from '../norms/l2.js';
import { TINY } from '../norms/reduce.js';
import { findStarts, prepareReferences, type References } from './decision-start.js';
import { Shortest } from '../core/shortest.js';
import { decisionParameters } from './decisions.js';
import { OutcomeWindow } from './outcome-window.js';
import { JUDGED_QUERIES, takeJudged } from './take-judged.js';

/** Steps between two looks at how often candidates are wrong, and how many looks the orthogonal step and the step towards the original are adapted by. */
const [LOOK_EVERY, SPHERE_LOOKS, STEP_LOOKS] = [10, 100, 30];

/** Enough for {@link PARAMETERS}' steps, the looks and the search for a start. */
const QUERIES = 28_000;

// Defaults are those of Foolbox 3.3, which has the authors' code.
const PARAMETERS = {
  epsilon: L2_CAP,
  ...decisionParameters(QUERIES),
  steps: integer({
    default: 25_000,
    minimum: 1,
    maximum: 1_000_000,
    description: 'Most steps of the walk. A step asks about one image, every tenth about two.',
  }),
  sphericalStep: real({
    default: 0.01,
    minimum: 1e-6,
    maximum: 1,
    description: 'Length of the first orthogonal steps, as a share of the distance from the original. It adapts to the model.',
  }),
  sourceStep: real({
    default: 0.01,
    minimum: 1e-6,
    maximum: 1,
    description: 'Length of the first steps towards the original, as a share of the distance from it. It adapts to the model.',
  }),
  sourceStepConvergence: real({
    default: 1e-7,
    minimum: 0,
    maximum: 1,
    description: 'The walk of an example ends where its step towards the original is shorter than this share of the distance.',
  }),
  stepAdaptation: real({
    default: 1.5,
    minimum: 1,
    maximum: 10,
    description: 'What step lengths are multiplied by where candidates are wrong often, and divided by where they are wrong rarely.',
  }),
};

type Values = ValuesOf<typeof PARAMETERS>;

export const boundary = defineAttack({
  kind: 'BOUNDARY',
  name: 'boundary',
  title: 'Boundary attack',
  description:
    'Starts from an image of another class and walks along the decision boundary towards the image, for the smallest change in L2. Uses decisions only.',
  access: 'DECISION',
  norms: ['L2'],
  targeted: true,
  reference: {
    title: 'Decision-Based Adversarial Attacks: Reliable Attacks Against Black-Box Machine Learning Models',
    authors: 'Brendel, Rauber, Bethge',
    year: 2018,
    link: 'arXiv:1712.04248',
  },
  parameters: PARAMETERS,
  budget: l2Budget,
  prepare: prepareReferences,
  run: (task, values) => smallestChange(task, l2Budget(values), 1, (left) => walk(left, values, task.prepared)),
});

/** Lengths of the steps of one example, and how often their candidates were wrong of late. */
interface Pace {
  sphere: number;
  towards: number;
  readonly sphereHits: OutcomeWindow;
  readonly stepHits: OutcomeWindow;
}

/**
 * The walk asks about floats, as the original does: rounded, steps below a level would be decided on by chance. Where it ends is then asked about as success is
 * decided on it.
 */
async function walk(task: AttackTask, values: Values, references: References | undefined): Promise<SearchResult> {
  const box = new BlackBox(task, l2Budget({}), values.queries);
  const shortest = new Shortest(task, box, (change) => L2.length(change));
  const { images: current, examples: started } = await findStarts(task, box, shortest, references);
  const paces = Array.from(task.labels, (): Pace => ({
    sphere: values.sphericalStep,
    towards: values.sourceStep,
    sphereHits: new OutcomeWindow(SPHERE_LOOKS),
    stepHits: new OutcomeWindow(STEP_LOOKS),
  }));
  const streams = Array.from(task.labels, (_, i) => task.random.stream(i, 'boundary.walk'));
  const spheres = new Float32Array(current.length);
  const candidates = new Float32Array(current.length);
  const drawRow = (examples: Int32Array, images: Float32Array) => (at: number, image: Float32Array) =>
    image.set(row(images, box.size, examples[at]!));
  for (let step = 1; step <= values.steps; step++) {
    const looks = step % LOOK_EVERY === 0;
    const asking = new Set(box.asking((looks ? 2 : 1) + JUDGED_QUERIES));
    const examples = started.filter((i) => asking.has(i) && paces[i]!.towards >= values.sourceStepConvergence);
    if (examples.length === 0) break;
    for (const i of examples) {
      const [sphere, candidate] = [row(spheres, box.size, i), row(candidates, box.size, i)];
      fillNormal(streams[i]!, sphere);
      propose(box.original(i), row(current, box.size, i), paces[i]!, sphere, candidate);
    }
    if (looks) {
      await box.decisions(examples, drawRow(examples, spheres), (at, _image, predicted) => {
        paces[examples[at]!]!.sphereHits.add(box.isReached(examples[at]!, predicted));
      });
    }
    await box.decisions(examples, drawRow(examples, candidates), (at, candidate, predicted) => {
      const i = examples[at]!;
      const isReached = box.isReached(i, predicted);
      const isCloser = () => shortest.distance(i, candidate) < shortest.distance(i, row(current, box.size, i));
      if (isReached && isCloser()) current.set(candidate, i * box.size);
      if (!looks) return;
      paces[i]!.stepHits.add(isReached);
      adapt(paces[i]!, values.stepAdaptation);
    });
  }
  const ended = started.filter((i) => box.left(i) >= JUDGED_QUERIES);
  await takeJudged(box, shortest, ended, (i, reach, image) => {
    const [original, end] = [box.original(i), row(current, box.size, i)];
    for (let p = 0; p < image.length; p++) image[p] = clipped(original[p]! + reach * (end[p]! - original[p]!));
  });
  return shortest.found();
}

/**
 * A step at right angles to the direction of the original, back on to the sphere around it, and a step towards it.
 * @param sphere noise; the first of the two points afterwards. @param candidate the second, filled in.
 */
function propose(original: Float32Array, current: Float32Array, pace: Pace, sphere: Float32Array, candidate: Float32Array): void {
  let [squared, dot] = [0, 0];
  for (let p = 0; p < sphere.length; p++) {
    const away = current[p]! - original[p]!;
    squared += away * away;
    dot += away * sphere[p]!;
  }
  const distance = Math.max(Math.sqrt(squared), TINY);
  let across = 0;
  for (let p = 0; p < sphere.length; p++) {
    sphere[p]! -= (dot / distance) * ((current[p]! - original[p]!) / distance);
    across += sphere[p]! * sphere[p]!;
  }
  const reach = (pace.sphere * distance) / Math.max(Math.sqrt(across), TINY);
  const back = 1 / Math.sqrt(pace.sphere * pace.sphere + 1);
  let after = 0;
  for (let p = 0; p < sphere.length; p++) {
    sphere[p] = clipped(original[p]! + back * (current[p]! - original[p]! + reach * sphere[p]!));
    after += (sphere[p]! - original[p]!) ** 2;
  }
  // Clipping moved the point off the sphere; the step makes up for it.
  const length = Math.sqrt(after);
  const share = Math.max(0, pace.towards * distance + length - distance) / Math.max(length, TINY);
  for (let p = 0; p < sphere.length; p++) candidate[p] = clipped(sphere[p]! + share * (original[p]! - sphere[p]!));
}

/** Near a flat boundary half of the orthogonal steps are wrong: more, and all steps can be longer. A window starts again where its steps change, and slides on where not. */
function adapt(pace: Pace, adaptation: number): void {
  const factor = (window: OutcomeWindow, few: number, many: number): number => {
    const { rate } = window;
    if (rate === undefined || (rate >= few && rate <= many)) return 1;
    window.clear();
    return rate > many ? adaptation : 1 / adaptation;
  };
  const both = factor(pace.sphereHits, 0.2, 0.5);
  pace.sphere *= both;
  pace.towards *= both * factor(pace.stepHits, 0.1, 0.25);
}
