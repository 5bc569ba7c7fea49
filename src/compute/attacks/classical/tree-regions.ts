/** Exact minimum evasion of tree ensembles of bounded size. @module */
import { ComputeError } from '../../errors.js';
import { type AnyModel, isBlackBox } from '../../models/index.js';
import { integer, type ValuesOf } from '../../parameters/index.js';
import { BYTE_LEVELS, floats } from '../../tensors/index.js';
import { l2Budget, linfBudget } from '../core/budgets.js';
import { type AttackReference, type AttackTask, defineAttack } from '../core/definition.js';
import { isReached } from '../core/goal.js';
import { row } from '../core/image-arrays.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { nothingFound, type SearchResult, smallestChange } from '../core/minimum-norm.js';
import { L2_CAP, LINF_CAP } from '../core/parameters.js';
import { type BoxedForest, boxedForest, unsuited } from './leaves.js';
import { type Distance, LARGEST, nearestEvasion, SQUARES } from './tree-search.js';

const KANTCHELIAN_2016: AttackReference = {
  title: 'Evasion and Hardening of Tree Ensemble Classifiers',
  authors: 'Kantchelian, Tygar, Joseph',
  year: 2016,
  link: 'arXiv:1509.07892',
};

const PARAMETERS = {
  regions: integer({
    default: 200_000,
    minimum: 1,
    maximum: 100_000_000,
    description:
      'Most choices of leaves that are looked at for an example. Where they do not do, the attack is refused: the ensemble is too large for it.',
  }),
  ...TARGET_PARAMETERS,
};

const TREE_REGIONS = { ofTrees: true, access: 'SCORE', targeted: true, reference: KANTCHELIAN_2016 } as const;
const DESCRIPTION =
  'Finds the smallest change that there is of a decision tree, a random forest or boosted trees, by enumerating regions of constant scores. It reads the trees and asks nothing.';

export const treeRegionsLinf = defineAttack({
  ...TREE_REGIONS,
  kind: 'TREE_REGIONS_LINF',
  name: 'treeRegionsLinf',
  title: 'Regions of trees, L∞',
  description: DESCRIPTION,
  norms: ['LINF'],
  parameters: { epsilon: LINF_CAP, ...PARAMETERS },
  budget: linfBudget,
  run: (task, parameters) => smallestChange(task, linfBudget(parameters), 1, (left) => search(left, LARGEST, parameters)),
});

export const treeRegionsL2 = defineAttack({
  ...TREE_REGIONS,
  kind: 'TREE_REGIONS_L2',
  name: 'treeRegionsL2',
  title: 'Regions of trees, L2',
  description: DESCRIPTION,
  norms: ['L2'],
  parameters: { epsilon: L2_CAP, ...PARAMETERS },
  budget: l2Budget,
  run: (task, parameters) => smallestChange(task, l2Budget(parameters), 1, (left) => search(left, SQUARES, parameters)),
});

/** Beyond the budget, which is widened by what rounding adds to it. */
const WIDER = 0.01;

function search(
  task: AttackTask,
  distance: Distance,
  { epsilon, regions }: ValuesOf<typeof PARAMETERS> & { readonly epsilon?: number },
): Promise<SearchResult> {
  const forest = forestOf(task);
  const found = nothingFound(task);
  const size = task.images.data.length / Math.max(1, task.labels.length);
  const most = epsilon === undefined ? Infinity : distance.of(epsilon + WIDER);
  for (const [i, label] of task.labels.entries()) {
    if (task.signal?.aborted) throw new ComputeError('CANCELLED', 'The computation was cancelled.');
    const original = row(floats(task.images), size, i);
    const outcome = nearestEvasion(forest, original, label, (predicted) => isReached(task, i, predicted), distance, most, regions);
    if (outcome.found) {
      let length = 0;
      for (const [pixel, value] of outcome.found.changes) {
        floats(found.images)[i * size + pixel] = value;
        length = distance.combine(length, distance.of(value - original[pixel]!));
      }
      found.lengths[i] = distance.isSum ? Math.sqrt(length) : length;
    } else if (outcome.isExhausted) {
      throw new ComputeError(
        'INVALID_ATTACK',
        `The trees have more than ${regions} regions nearer than the nearest that decides otherwise. Give a larger "regions" or a smaller "epsilon", or use HOP_SKIP_JUMP_L2, HOP_SKIP_JUMP_LINF or BOUNDARY, which find small changes, if not the smallest.`,
        ['regions'],
      );
    }
  }
  return Promise.resolve(found);
}

function forestOf({ model, judging, levels }: AttackTask): BoxedForest {
  const trees = treesOf(model);
  const [low, high] = model.spec.valueRange ?? [0, 1];
  if (low !== 0 || high !== 1 || model.spec.mean || model.spec.std) throw unsuited('it prepares pixels before its trees see them');
  if (model.spec.channelOrder === 'BGR') throw unsuited('it takes channels in another order');
  // Floats have no levels.
  const stored = levels ?? BYTE_LEVELS;
  return boxedForest(trees, model.spec.classCount, judging === 'FLOAT' || stored === 1 ? undefined : stored);
}

function treesOf(model: AnyModel) {
  if (isBlackBox(model) && model.forest) return model.forest;
  throw unsuited('it is no tree ensemble on pixels alone');
}
