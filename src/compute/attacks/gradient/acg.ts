/**
 * ACG, auto conjugate gradient (Yamamura et al. 2022): Auto-PGD's step sizes and checkpoints with conjugate directions (Hestenes & Stiefel) in place of gradients and
 * inertia, which search a wider part of the budget.
 * @module
 */
import { choice, type ValuesOf } from '../../parameters/index.js';
import { argmaxRows, floats, type HostTensor } from '../../tensors/index.js';
import { linfBudget } from '../core/budgets.js';
import { type AttackOutput, type AttackTask, defineAttack } from '../core/definition.js';
import { copyRow, imageSize, row } from '../core/image-arrays.js';
import { dlrLoss, logOddsLoss, marginLoss } from '../core/losses.js';
import { LINF_EPSILON, RESTARTS } from '../core/parameters.js';
import { Survivors } from '../core/survivors.js';
import { LINF } from '../norms/linf.js';
import { APGD_STEPS } from './apgd.js';
import { halvingSteps } from './apgd-rules.js';
import { advance, type ApgdState, type ApgdStepResult, keepRows, stateAt } from './apgd-state.js';
import { compileApgdStep } from './apgd-step.js';

const LOSSES = {
  MARGIN: { of: marginLoss, description: 'The highest logit of the other classes less that of the true class, as in the paper.' },
  CROSS_ENTROPY: { of: logOddsLoss, description: 'The cross-entropy of the true class.' },
  DLR: { of: dlrLoss, description: 'The difference of logits ratio. Needs three classes.' },
} as const;

const PARAMETERS = {
  epsilon: LINF_EPSILON,
  steps: APGD_STEPS,
  restarts: RESTARTS,
  loss: choice({
    enumName: 'AcgLoss',
    values: {
      MARGIN: LOSSES.MARGIN.description,
      CROSS_ENTROPY: LOSSES.CROSS_ENTROPY.description,
      DLR: LOSSES.DLR.description,
    },
    default: 'MARGIN',
    description: 'What the steps raise.',
  }),
};

export const acgLinf = defineAttack({
  kind: 'ACG_LINF',
  name: 'acgLinf',
  title: 'ACG, L∞',
  description: 'Auto conjugate gradient: the step sizes of Auto-PGD along conjugate directions, which search a wider part of the budget.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: false,
  classesOf: ({ loss }) => (loss === 'DLR' ? 3 : 1),
  reference: {
    title: 'Diversified Adversarial Attacks based on Conjugate Gradient Method',
    authors: 'Yamamura, Sato, Tanaka, Fujii, Yoshimi, Yamashita',
    year: 2022,
    link: 'arXiv:2206.09628',
  },
  parameters: PARAMETERS,
  budget: linfBudget,
  run: climbFromStarts,
});

/** Auto-PGD's, without inertia. */
const RULE = { ...halvingSteps(LINF), blend: 1 };

/** Where every example is: `gradient` is the conjugate direction, and the gradients themselves are kept beside it. */
type AcgState = ApgdState & Readonly<Record<'slope' | 'bestSlope', HostTensor>>;

async function climbFromStarts(task: AttackTask, { epsilon, steps, restarts, loss }: ValuesOf<typeof PARAMETERS>): Promise<AttackOutput> {
  const survivors = new Survivors(task, linfBudget({ epsilon }));
  const move = await compileApgdStep(task, RULE, LOSSES[loss].of);
  for (let restart = 0; restart < restarts && survivors.count > 0; restart++) {
    const left = survivors.task();
    const [n, start] = [left.labels.length, RULE.start(left, `acg.start.${restart}`, epsilon)];
    const zeros = { ...start, data: new Float32Array(start.data.length) };
    const none = { steps: new Float32Array(n), shares: new Float32Array(n), epsilon, blend: 1 };
    const still = { original: left.images, labels: left.labels, targets: left.labels, current: start, previous: start, gradient: zeros };
    const first = await move({ ...still, ...none });
    survivors.spend(1, 1);
    const begun = {
      targets: left.labels,
      steps: new Float32Array(n).fill(RULE.firstStep * epsilon),
      shares: none.shares,
      changed: none.shares,
    };
    let state: AcgState = { ...stateAt(first, left, begun), slope: first.gradient, bestSlope: copied(first.gradient) };
    state = await releaseFooled(survivors, state, first);
    const checkpoints = new Set(RULE.checkpoints(steps));
    let checked = 0;
    for (let step = 1; step <= steps && survivors.count > 0; step++) {
      const moved = await move({ ...state, epsilon, blend: 1 });
      survivors.spend(1, 1);
      state = await releaseFooled(survivors, conjugated(state, moved), moved);
      if (!checkpoints.has(step)) continue;
      RULE.adapt(state, step - checked, RULE.firstStep * epsilon);
      for (const [at, halved] of state.halved.entries()) if (halved === 1) copyRow(state.slope, state.bestSlope, at);
      checked = step;
    }
    if (survivors.count > 0) await survivors.release(state.best);
  }
  return survivors.output();
}

const copied = (tensor: HostTensor): HostTensor => ({ ...tensor, data: tensor.data.slice() });

/** The state after a step, with the conjugate direction there: `s = g + β s'`, where `β = -⟨g, y⟩ / ⟨s', y⟩` and `y = g' - g`. */
function conjugated(state: AcgState, moved: ApgdStepResult): AcgState {
  const size = imageSize(moved.images);
  const [slopes, before, directions] = [floats(moved.gradient), floats(state.slope), floats(state.gradient)];
  const data = slopes.slice();
  for (const i of state.labels.keys()) {
    const [g, was, s] = [row(slopes, size, i), row(before, size, i), row(directions, size, i)];
    let [above, below] = [0, 0];
    for (let p = 0; p < size; p++) {
      above += g[p]! * (was[p]! - g[p]!);
      below += s[p]! * (was[p]! - g[p]!);
    }
    const beta = below === 0 ? 0 : -above / below;
    if (Number.isFinite(beta)) for (let p = 0; p < size; p++) data[i * size + p]! += beta * s[p]!;
  }
  const bestSlope = state.bestSlope;
  for (const [i, loss] of moved.losses.entries()) if (loss > state.bestLosses[i]!) copyRow(bestSlope, moved.gradient, i);
  return { ...advance(state, { ...moved, gradient: { ...moved.gradient, data } }), slope: moved.gradient, bestSlope };
}

/** Lets go of the examples that the model gets wrong at the step's end. */
async function releaseFooled(survivors: Survivors, state: AcgState, { scores }: ApgdStepResult): Promise<AcgState> {
  const predicted = argmaxRows(scores);
  const suspects = Int32Array.from(state.labels.keys()).filter((at) => predicted[at] !== state.labels[at]);
  if (suspects.length === 0) return state;
  const staying = await survivors.release(state.current, suspects);
  return staying.length === state.labels.length ? state : (keepRows(state, staying) as AcgState);
}
