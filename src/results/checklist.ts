/**
 * What an evaluation of a defence should have done, by the checklist of Carlini et al. 2019 (arXiv 1902.06705): each item looks at the evaluations that there are.
 * One more item is one more entry of {@link CHECKLIST}.
 * @module
 */
import { findAttack } from '../compute/attacks/index.js';
import { imported } from '../compute/evaluation/index.js';
import { type AttackChoice, type ParameterValues } from '../compute/parameters/index.js';
import { MASKING_CODES } from './findings/registry.js';

export const CHECKLIST_STATES = ['DONE', 'NOT_RUN', 'FAILED', 'NOT_NEEDED'] as const;
export type ChecklistState = (typeof CHECKLIST_STATES)[number];

/** A finished evaluation of the model on the data set. */
interface CheckedEvaluation {
  readonly id: string;
  readonly attackKind: string;
  readonly parameters: ParameterValues;
  readonly norm: string;
  readonly epsilon: number | null;
  /** Whose majority decided. */
  readonly predictions: number;
  readonly stages: readonly { readonly kind: string }[];
  /** Codes of its findings that are not for information alone. */
  readonly findings: readonly string[];
}

/** What the defence is made of. */
interface CheckedDefence {
  readonly hasDetector: boolean;
  readonly hasPreprocessor: boolean;
  readonly isRandom: boolean;
  /** How often images of other models were tried on it. */
  readonly transfers: number;
}

export interface ChecklistItem {
  readonly code: string;
  readonly title: string;
  readonly advice: string;
  readonly state: ChecklistState;
  /** Ids of those that show it. */
  readonly evaluations: readonly string[];
}

interface Item extends Pick<ChecklistItem, 'code' | 'title' | 'advice'> {
  /** Findings that say that it was done and went wrong. */
  readonly failures?: readonly string[];
  /** Default: it is. */
  isNeeded?(defence: CheckedDefence): boolean;
  /** Those that show that it was done; `true` without any. */
  done(evaluations: readonly CheckedEvaluation[], defence: CheckedDefence): readonly CheckedEvaluation[] | true;
}

/** An attack, or one of its list or stages. */
interface Run {
  readonly kind: string;
  readonly parameters: ParameterValues;
}

function runsOf({ attackKind, parameters, stages }: CheckedEvaluation): Run[] {
  const listed = (run: Run): Run[] => [
    run,
    ...((run.parameters['attacks'] as readonly AttackChoice[] | undefined) ?? []).flatMap((member) => listed(member)),
  ];
  return [...listed({ kind: attackKind, parameters }), ...stages.map(({ kind }) => ({ kind, parameters: {} }))];
}

const accessOf = ({ kind }: Run) => (kind === imported.kind ? undefined : tryAccess(kind));

/** Undefined for a stage that is no attack of its own, and for an attack that there was in an earlier version. */
function tryAccess(kind: string) {
  try {
    return findAttack(kind).access;
  } catch {
    return undefined;
  }
}

const some = (holds: (run: Run) => boolean) => (evaluations: readonly CheckedEvaluation[]) =>
  evaluations.filter((evaluation) => runsOf(evaluation).some(holds));

const isGradient = (run: Run) => accessOf(run) === 'GRADIENT';
const stepsOf = ({ parameters }: Run) => Number(parameters['steps'] ?? 0);
const ofKind =
  (...kinds: string[]) =>
  ({ kind }: Run) =>
    kinds.includes(kind);

/** Those of one attack that differ in something. */
function differing(
  evaluations: readonly CheckedEvaluation[],
  by: (evaluation: CheckedEvaluation) => unknown,
): readonly CheckedEvaluation[] {
  return evaluations.filter((one) =>
    evaluations.some((other) => other.attackKind === one.attackKind && other.norm === one.norm && by(other) !== by(one)),
  );
}

const SINGLE_STEP = ['FGSM', 'RAND_FGSM', 'FAST_GRADIENT_L2', 'FAST_GRADIENT_LINF', 'STEP_LL', 'STEP_RND'];

const CHECKLIST: readonly Item[] = [
  {
    code: 'STRONG_ATTACK',
    title: 'A strong attack was run',
    advice: 'Run AutoAttack, or an attack by gradient with 100 steps or more.',
    done: some((run) => run.kind.startsWith('AUTO_ATTACK') || (isGradient(run) && stepsOf(run) >= 100)),
  },
  {
    code: 'ENOUGH_EXAMPLES',
    title: 'Accuracy is known well enough',
    advice: 'Evaluate on 400 examples or more.',
    done: (evaluations) => evaluations.filter(({ findings }) => !findings.includes('TOO_FEW_EXAMPLES')),
  },
  {
    code: 'ITERATIVE_BEATS_SINGLE_STEP',
    title: 'Iterative attacks are better than single-step ones',
    advice: 'Run FGSM and PGD with the same ε. Where FGSM is better, gradients are masked.',
    failures: ['SINGLE_STEP_BEATS_ITERATIVE'],
    done(evaluations) {
      const single = some(ofKind(...SINGLE_STEP))(evaluations);
      const iterative = some((run) => isGradient(run) && stepsOf(run) > 1)(evaluations);
      return single.length > 0 && iterative.length > 0 ? [...single, ...iterative] : [];
    },
  },
  {
    code: 'CONVERGED',
    title: 'Attacks have converged',
    advice: 'Run the same attack with more steps, until the accuracy stops falling.',
    failures: ['NOT_CONVERGED'],
    done: (evaluations) =>
      differing(
        evaluations.filter(({ parameters }) => parameters['steps'] !== undefined),
        ({ parameters }) => parameters['steps'],
      ),
  },
  {
    code: 'RESTARTS',
    title: 'Attacks start from several random points',
    advice: 'Give `restarts`.',
    done: some(({ parameters }) => Number(parameters['restarts'] ?? 1) > 1),
  },
  {
    code: 'LARGER_BUDGET',
    title: 'A larger budget lowers the accuracy',
    advice: 'Run the same attack with several ε.',
    failures: ['ACCURACY_NOT_FALLING'],
    done: (evaluations) => differing(evaluations, ({ epsilon }) => epsilon),
  },
  {
    code: 'UNBOUNDED_ATTACK',
    title: 'An attack without limit fools the model',
    advice: 'Run an attack without a budget, such as DDN or DeepFool. Where it fails, the attack or its gradients are at fault.',
    failures: ['UNBOUNDED_ATTACK_FAILS'],
    done: (evaluations) => some(isGradient)(evaluations).filter(({ epsilon }) => epsilon === null),
  },
  {
    code: 'GRADIENT_FREE_ATTACK',
    title: 'Attacks without gradients are no better',
    advice: 'Run Square or HopSkipJump with the same ε.',
    failures: ['BLACK_BOX_BEATS_WHITE_BOX', 'BLACK_BOX_STAGE_IMPROVES'],
    done: some((run) => ['SCORE', 'DECISION'].includes(accessOf(run) ?? '')),
  },
  {
    code: 'TRANSFER_ATTACK',
    title: 'Images of other models are no better',
    advice: 'Start a transfer with other models as sources and this one as target.',
    failures: ['TRANSFER_BEATS_WHITE_BOX'],
    done: (_evaluations, { transfers }) => (transfers > 0 ? true : []),
  },
  {
    code: 'RANDOM_NOISE',
    title: 'Random noise is no better',
    advice: 'Run RANDOM_SIGN_NOISE with the same ε.',
    failures: ['NOISE_BEATS_GRADIENT'],
    done: some((run) => run.kind.endsWith('_NOISE') && accessOf(run) === 'NONE'),
  },
  {
    code: 'TARGETED_ATTACK',
    title: 'Targeted attacks were run too',
    advice: 'Run an attack with `target: ALL`, or APGD-T.',
    done: some(({ kind, parameters }) => (parameters['target'] ?? 'NONE') !== 'NONE' || /(_T|_LL)$/.test(kind)),
  },
  {
    code: 'GRADIENTS',
    title: 'No sign of masked gradients',
    advice: 'Read the findings. Take what hides the gradient off, or run BPDA and EOT.',
    failures: MASKING_CODES,
    done: some(isGradient),
  },
  {
    code: 'ADAPTIVE_TO_DETECTOR',
    title: 'The detector was attacked too',
    advice: 'Run DETECTOR_PGD, and read `Evaluation.detection`.',
    isNeeded: ({ hasDetector }) => hasDetector,
    done: some(ofKind('DETECTOR_PGD', 'DETECTOR_PGD_L2')),
  },
  {
    code: 'ADAPTIVE_TO_PREPROCESSOR',
    title: 'The attack went through the preprocessor',
    advice: 'Run BPDA, with `preprocessor: IDENTITY` too.',
    isNeeded: ({ hasPreprocessor }) => hasPreprocessor,
    done: some(ofKind('BPDA')),
  },
  {
    code: 'ADAPTIVE_TO_RANDOMNESS',
    title: 'The attack averaged over the randomness',
    advice: 'Run EOT with `predictions: 20`.',
    isNeeded: ({ isRandom }) => isRandom,
    done: (evaluations) => some(ofKind('EOT'))(evaluations).filter(({ predictions }) => predictions > 1),
  },
];

export function checklist(evaluations: readonly CheckedEvaluation[], defence: CheckedDefence): ChecklistItem[] {
  return CHECKLIST.map(({ code, title, advice, failures = [], isNeeded, done }) => {
    const of = (state: ChecklistState, shown: readonly CheckedEvaluation[]) => ({
      code,
      title,
      advice,
      state,
      evaluations: shown.map(({ id }) => id),
    });
    if (isNeeded && !isNeeded(defence)) return of('NOT_NEEDED', []);
    const failed = evaluations.filter(({ findings }) => findings.some((finding) => failures.includes(finding)));
    if (failed.length > 0) return of('FAILED', failed);
    const shown = done(evaluations, defence);
    if (shown === true) return of('DONE', []);
    return of(shown.length > 0 ? 'DONE' : 'NOT_RUN', shown);
  });
}
