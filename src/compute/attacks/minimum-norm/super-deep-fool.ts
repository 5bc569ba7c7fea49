/**
 * SuperDeepFool (Abdollahpour, Abroshan & Moosavi-Dezfooli 2024): DeepFool to the boundary, then the image moves along the boundary's normal there by as much as
 * DeepFool's way is along it, again until the model is fooled; in the end a binary search on the line from the original.
 * @module
 */
import { integer, real, type ValuesOf } from '../../parameters/index.js';
import { floats, gather, type HostTensor } from '../../tensors/index.js';
import { l2Budget } from '../core/budgets.js';
import { type AttackTask, defineAttack } from '../core/definition.js';
import { clipped, imageSize, row } from '../core/image-arrays.js';
import { keepShorter, nothingFound, NOTHING, type SearchResult, smallestChange } from '../core/minimum-norm.js';
import { L2_CAP } from '../core/parameters.js';
import { subtask } from '../core/survivors.js';
import { compileBoundarySlope } from './boundary-slope.js';
import { CANDIDATES } from './class-boundaries.js';
import { deepFoolSteps } from './deep-fool.js';
import { evaluated } from './evaluated.js';
import { towardsOriginal } from './towards-original.js';

const PARAMETERS = {
  steps: integer({
    default: 100,
    minimum: 1,
    maximum: 1000,
    description: 'Most steps along the normal, each after a run of DeepFool. The default is that of adversarial-library.',
  }),
  deepFoolSteps: integer({
    default: 100,
    minimum: 1,
    maximum: 10_000,
    description: 'Most steps of each run of DeepFool. The default is that of adversarial-library.',
  }),
  overshoot: real({
    default: 0.02,
    minimum: 0,
    maximum: 10,
    description: "By which part each step of DeepFool is longer than the way to the boundary. The default is the authors'.",
  }),
  searchSteps: integer({
    default: 10,
    minimum: 0,
    maximum: 50,
    description: "Halvings of the final search on the line from the original. The default is the authors'.",
  }),
  candidates: CANDIDATES,
};

export const superDeepFool = defineAttack({
  kind: 'SUPER_DEEP_FOOL',
  name: 'superDeepFool',
  title: 'SuperDeepFool',
  description:
    'DeepFool, brought nearer to the closest point of the boundary along its normal: a smaller change in L2 than that of DeepFool.',
  access: 'GRADIENT',
  norms: ['L2'],
  targeted: false,
  reference: {
    title: 'SuperDeepFool: a new fast and accurate minimal adversarial attack',
    authors: 'Abdollahpour, Abroshan, Moosavi-Dezfooli',
    year: 2024,
    link: 'arXiv:2303.12481',
  },
  parameters: { epsilon: L2_CAP, ...PARAMETERS },
  budget: l2Budget,
  run: (task, { epsilon, ...values }) => smallestChange(task, l2Budget({ epsilon }), 1, (left) => search(left, values)),
});

async function search(task: AttackTask, values: ValuesOf<typeof PARAMETERS>): Promise<SearchResult> {
  const size = imageSize(task.images);
  const original = floats(task.images);
  const current: HostTensor = { ...task.images, data: original.slice() };
  const slopeAt = await compileBoundarySlope(task);
  const all = nothingFound(task);
  let left = Int32Array.from(task.labels.keys());
  for (let step = 0; step < values.steps && left.length > 0; step++) {
    const there = subtask(task, left);
    const plan = { norm: 'L2', steps: values.deepFoolSteps, overshoot: values.overshoot, candidates: values.candidates } as const;
    const fooled = await deepFoolSteps(there, { ...plan, start: gather(current, left) });
    for (const [at, i] of left.entries()) {
      all.queries[i]! += fooled.queries[at]! + 1;
      all.gradients[i]! += fooled.gradients[at]! + 1;
    }
    const slopes = await slopeAt(fooled.images, left);
    for (const [at, i] of left.entries()) {
      if (fooled.lengths[at] === NOTHING) continue;
      alongNormal(row(floats(current), size, i), row(original, size, i), row(floats(fooled.images), size, at), row(slopes, size, at));
    }
    const found = await evaluated(there, gather(current, left), 'L2');
    keepShorter(all, found, left);
    left = left.filter((_, at) => found.lengths[at] === NOTHING && fooled.lengths[at] !== NOTHING);
  }
  return towardsOriginal(task, all, values.searchSteps);
}

/** `x + ⟨x' - X, w⟩ w` for the boundary's normal w of length 1 at x'. */
function alongNormal(current: Float32Array, original: Float32Array, boundary: Float32Array, normal: Float32Array): void {
  let [squares, product] = [0, 0];
  for (let p = 0; p < normal.length; p++) {
    squares += normal[p]! * normal[p]!;
    product += (boundary[p]! - original[p]!) * normal[p]!;
  }
  if (squares === 0) return;
  for (let p = 0; p < normal.length; p++) current[p] = clipped(current[p]! + (product / squares) * normal[p]!);
}
