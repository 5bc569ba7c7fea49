/** Boundary attack: a random walk along the decision boundary that comes nearer to the original, by decisions only (Brendel et al. 2018). @module */
import { BlackBox } from '../core/black-box.js';
import { l2Budget } from '../core/budgets.js';
import { defineAttack, type AttackTask } from '../core/definition.js';
import { clipped, row } from '../core/image-arrays.js';
import { smallestChange, type SearchResult } from '../core/minimum-norm.js';
import { fillNormal } from '../core/normal-noise.js';
import { L2_CAP } from '../core/parameters.js';
import { L2 } from '../norms/l2.js';
import { TINY } from '../norms/reduce.js';
import { findStarts, prepareReferences, type References } from './decision-start.js';
import { Shortest } from '../core/shortest.js';
import { DECISION_PARAMETERS } from './decisions.js';

/** Both steps at first, as shares of the distance; by what they are multiplied or divided; and below what the walk has converged: the authors' values. */
const [FIRST_STEP, ADAPTATION, SMALLEST_STEP] = [0.01, 1.5, 1e-7];

/** Steps between two looks at how often candidates are wrong; looks that the orthogonal step and the step towards the original are adapted after. */
const [LOOK_EVERY, SPHERE_LOOKS, STEP_LOOKS] = [10, 100, 30];

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
  parameters: { epsilon: L2_CAP, ...DECISION_PARAMETERS },
  budget: l2Budget,
  prepare: prepareReferences,
  run: (task, { epsilon, queries }) => smallestChange(task, l2Budget({ epsilon }), 1, (left) => walk(left, queries, task.prepared)),
});

/** Length of the steps of one example, and how often their candidates were wrong since they were adapted. */
interface Pace {
  sphere: number;
  towards: number;
  sphereLooks: number;
  sphereHits: number;
  stepLooks: number;
  stepHits: number;
}

/** The model is asked about images of 8 bits only, while the walk itself is not rounded: so it continues where its steps are below a level. */
async function walk(task: AttackTask, queries: number, references: References | undefined): Promise<SearchResult> {
  const box = new BlackBox(task, l2Budget({}), queries);
  const shortest = new Shortest(task, box, (change) => L2.length(change));
  const { images: current, examples: started } = await findStarts(task, box, shortest, references);
  const paces = Array.from(task.labels, (): Pace => {
    return { sphere: FIRST_STEP, towards: FIRST_STEP, sphereLooks: 0, sphereHits: 0, stepLooks: 0, stepHits: 0 };
  });
  const streams = Array.from(task.labels, (_, i) => task.random.stream(i, 'boundary.walk'));
  const spheres = new Float32Array(current.length);
  const candidates = new Float32Array(current.length);
  for (let step = 1; ; step++) {
    const looks = step % LOOK_EVERY === 0;
    const asking = new Set(box.asking(looks ? 2 : 1));
    const examples = started.filter((i) => asking.has(i) && paces[i]!.towards >= SMALLEST_STEP);
    if (examples.length === 0) return shortest.found();
    for (const i of examples) {
      const [sphere, candidate] = [row(spheres, box.size, i), row(candidates, box.size, i)];
      fillNormal(streams[i]!, sphere);
      propose(box.original(i), row(current, box.size, i), paces[i]!, sphere, candidate);
    }
    if (looks) {
      await box.decisions(examples, drawRounded(box, examples, spheres), (at, _image, predicted) => {
        paces[examples[at]!]!.sphereHits += Number(box.isReached(examples[at]!, predicted));
        paces[examples[at]!]!.sphereLooks++;
      });
    }
    await box.decisions(examples, drawRounded(box, examples, candidates), (at, image, predicted) => {
      const i = examples[at]!;
      const isReached = box.isReached(i, predicted);
      if (looks) {
        paces[i]!.stepHits += Number(isReached);
        paces[i]!.stepLooks++;
        adapt(paces[i]!);
      }
      const candidate = row(candidates, box.size, i);
      if (!isReached || shortest.distance(i, candidate) >= shortest.distance(i, row(current, box.size, i))) return;
      current.set(candidate, i * box.size);
      shortest.take(i, image);
    });
  }
}

function drawRounded(box: BlackBox, examples: Int32Array, images: Float32Array) {
  return (at: number, image: Float32Array) => {
    image.set(row(images, box.size, examples[at]!));
    box.round(image);
  };
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

/** Near a flat boundary half of the orthogonal steps are wrong: more, and all steps can be longer. */
function adapt(pace: Pace): void {
  if (pace.sphereLooks === SPHERE_LOOKS) {
    const factor = pace.sphereHits > 0.5 * SPHERE_LOOKS ? ADAPTATION : pace.sphereHits < 0.2 * SPHERE_LOOKS ? 1 / ADAPTATION : 1;
    pace.sphere *= factor;
    pace.towards *= factor;
    [pace.sphereLooks, pace.sphereHits] = [0, 0];
  }
  if (pace.stepLooks === STEP_LOOKS) {
    pace.towards *= pace.stepHits > 0.25 * STEP_LOOKS ? ADAPTATION : pace.stepHits < 0.1 * STEP_LOOKS ? 1 / ADAPTATION : 1;
    [pace.stepLooks, pace.stepHits] = [0, 0];
  }
}
