/**
 * AutoAttack (Croce & Hein 2020, section 5; in L1 Croce & Hein 2021): attacks in turn, each on the examples that those before it left correctly classified. What
 * the versions run and set is that of the authors' code. Nothing to tune; parameters make it cheaper.
 * @module
 */
import { ComputeError } from '../../errors.js';
import { type AnyModel, differentiable } from '../../models/index.js';
import { choice, choices, integer, type ParameterValues, validateParameters, type ValuesOf } from '../../parameters/index.js';
import { type AttackDefinition, type AttackTask, defineAttack } from '../core/definition.js';
import { L1_EPSILON, L2_EPSILON, LINF_EPSILON, RESTARTS, TARGETS } from '../core/parameters.js';
import { CROCE_HEIN_2020, CROCE_HEIN_2021 } from '../core/references.js';
import * as apgd from '../gradient/apgd.js';
import { fabL1, fabL2, fabLinf, fabTL1, fabTL2, fabTLinf } from '../minimum-norm/fab.js';
import { SQUARE_QUERIES, squareL1, squareL2, squareLinf } from '../score/square.js';
import { type ConfiguredAttack, itself, runInTurn, sharedBudget, strongestAccess, type SurrogateModel } from './composite.js';
import { averaged } from './eot.js';

/** The attacks, and what each takes of the settings. */
const STAGES = {
  APGD_CE: { LINF: apgd.apgdCeLinf, L2: apgd.apgdCeL2, L1: apgd.apgdCeL1, takes: ['steps', 'restarts', 'largeReps'] },
  APGD_DLR: { LINF: apgd.apgdDlrLinf, L2: apgd.apgdDlrL2, L1: apgd.apgdDlrL1, takes: ['steps', 'restarts', 'largeReps'] },
  APGD_T: { LINF: apgd.apgdTLinf, L2: apgd.apgdTL2, L1: apgd.apgdTL1, takes: ['steps', 'targets', 'largeReps'] },
  FAB: { LINF: fabLinf, L2: fabL2, L1: fabL1, takes: ['steps', 'restarts'] },
  FAB_T: { LINF: fabTLinf, L2: fabTL2, L1: fabTL1, takes: ['steps', 'restarts', 'targets'] },
  SQUARE: { LINF: squareLinf, L2: squareL2, L1: squareL1, takes: ['queries'] },
} as const satisfies Record<string, Record<'LINF' | 'L2' | 'L1', AttackDefinition> & { takes: readonly string[] }>;

type Stage = keyof typeof STAGES;

/** What a version runs and sets. */
interface Version {
  readonly stages: readonly Stage[];
  /** Starts of APGD-CE, APGD-DLR and FAB. */
  readonly restarts: number;
  /** Classes that APGD-T aims at. */
  readonly targets: number;
  /** Whether APGD takes its first steps in larger budgets, in L1. */
  readonly largeReps: boolean;
}

const STANDARD: Version = { stages: ['APGD_CE', 'APGD_T', 'FAB_T', 'SQUARE'], restarts: 1, targets: 9, largeReps: false };
const STANDARD_L1: Version = { ...STANDARD, restarts: 5, targets: 5, largeReps: true };
const PLUS: Version = { ...STANDARD, stages: ['APGD_CE', 'APGD_DLR', 'FAB', 'SQUARE', 'APGD_T', 'FAB_T'], restarts: 5 };
const RAND: Version = { ...STANDARD, stages: ['APGD_CE', 'APGD_DLR'] };

/** FAB-T has one start in all versions. */
const FAB_T_RESTARTS = 1;

const QUICK = {
  steps: { ...apgd.APGD_STEPS, description: 'Number of steps of each start of APGD and FAB. The standard takes 100.' },
  queries: { ...SQUARE_QUERIES, description: 'Most queries of Square for each example. The standard takes 5000.' },
};

const PARAMETERS = {
  version: choice({
    enumName: 'AutoAttackVersion',
    values: {
      STANDARD: 'APGD-CE, APGD-T, FAB-T and Square.',
      PLUS: 'APGD-CE, APGD-DLR and FAB with 5 starts, Square, APGD-T and FAB-T.',
      RAND: 'For models that are random: APGD-CE and APGD-DLR on the mean of `eotSamples` predictions.',
      CUSTOM: 'What `stages` lists, with 5 starts.',
    },
    default: 'STANDARD',
    description: "The attacks that are run, and their settings, as in the authors' code.",
  }),
  stages: choices({
    enumName: 'AutoAttackStage',
    values: {
      APGD_CE: 'APGD on the cross-entropy.',
      APGD_DLR: 'APGD on the difference of logits ratio. Needs three classes.',
      APGD_T: 'APGD towards the likeliest wrong classes. Needs four classes.',
      FAB: 'FAB.',
      FAB_T: 'FAB towards the likeliest wrong classes.',
      SQUARE: 'Square, without gradients.',
    },
    description: 'The attacks of the version CUSTOM, in their order; other versions have theirs.',
  }),
  ...QUICK,
  restarts: integer({
    minimum: RESTARTS.minimum,
    maximum: RESTARTS.maximum,
    description:
      'Starts of APGD-CE, APGD-DLR and FAB, and of FAB-T for each target. Absent: those of the version, which are 5 in PLUS, CUSTOM and the STANDARD of L1, else 1; of FAB-T 1.',
  }),
  targets: integer({
    minimum: TARGETS.minimum,
    maximum: TARGETS.maximum,
    description: `${TARGETS.description} Absent: 9, but 5 for APGD-T in the STANDARD of L1.`,
  }),
  eotSamples: integer({
    default: 20,
    minimum: 1,
    maximum: 1000,
    description: 'Predictions of a random model that the version RAND takes the mean over, in every pass.',
  }),
};

const DESCRIPTION =
  "APGD-CE, APGD-T, FAB-T and Square, each on the examples that are still correctly classified: the field's standard. Needs four classes: for fewer, choose others by CUSTOM, or run APGD-CE, FAB and Square by `worstOf`.";

/** AutoAttack's cheapest gradient attack, and the one that finds hidden gradients. A quick look at a model. */
export const apgdSquareLinf = defineAttack({
  ...inTurn((values: Settings) => configured('LINF', { ...STANDARD, stages: ['APGD_CE', 'SQUARE'] }, values)),
  kind: 'APGD_SQUARE_LINF',
  name: 'apgdSquareLinf',
  title: 'APGD + Square, L∞',
  description: 'APGD-CE, then Square on the examples that are still correctly classified: a quick mode of AutoAttack.',
  reference: CROCE_HEIN_2020,
  norms: ['LINF'],
  parameters: { epsilon: LINF_EPSILON, ...QUICK, restarts: { ...RESTARTS, description: 'Starts of APGD-CE. The standard takes 1.' } },
});

export const autoAttackLinf = defineAttack({
  ...versions('LINF'),
  kind: 'AUTO_ATTACK_LINF',
  name: 'autoAttackLinf',
  title: 'AutoAttack, L∞',
  reference: CROCE_HEIN_2020,
  parameters: { epsilon: LINF_EPSILON, ...PARAMETERS },
});

export const autoAttackL2 = defineAttack({
  ...versions('L2'),
  kind: 'AUTO_ATTACK_L2',
  name: 'autoAttackL2',
  title: 'AutoAttack, L2',
  reference: CROCE_HEIN_2020,
  parameters: { epsilon: L2_EPSILON, ...PARAMETERS },
});

export const autoAttackL1 = defineAttack({
  ...versions('L1'),
  kind: 'AUTO_ATTACK_L1',
  name: 'autoAttackL1',
  title: 'AutoAttack, L1',
  reference: CROCE_HEIN_2021,
  parameters: { epsilon: L1_EPSILON, ...PARAMETERS },
});

type AutoAttackNorm = 'LINF' | 'L2' | 'L1';

/** Settings that a caller may leave to the version. */
interface Settings {
  readonly epsilon: number;
  readonly steps: number;
  readonly queries: number;
  readonly restarts?: number;
  readonly targets?: number;
}

type AutoAttackValues = ValuesOf<typeof PARAMETERS> & { readonly epsilon: number };

/** AutoAttack in a norm, in all versions. */
function versions(norm: AutoAttackNorm) {
  return {
    ...inTurn((values: AutoAttackValues) => configured(norm, versionOf(norm, values), values), onMean),
    description: DESCRIPTION,
    norms: [norm],
    check: (values: AutoAttackValues) => checkUse(versionOf(norm, values), values),
  } as const;
}

/** @throws ComputeError INVALID_ATTACK for stages of a version that has its own, and for CUSTOM without any. */
function versionOf(norm: AutoAttackNorm, { version, stages }: Pick<AutoAttackValues, 'version' | 'stages'>): Version {
  const invalid = (message: string) => new ComputeError('INVALID_ATTACK', message, ['stages']);
  if (version === 'CUSTOM') {
    if (!stages) throw invalid(`The version CUSTOM needs "stages". Give a list of ${Object.keys(STAGES).join(', ')}.`);
    return { ...PLUS, stages };
  }
  if (stages) throw invalid(`The version ${version} has stages of its own. Leave "stages" out, or give version CUSTOM.`);
  return { STANDARD: norm === 'L1' ? STANDARD_L1 : STANDARD, PLUS, RAND }[version];
}

/**
 * A setting that nothing reads says that something else was meant. One that has its default may have been filled in by whoever lists all of them.
 * @throws ComputeError INVALID_ATTACK for a stage that is listed twice, and for a setting of attacks that the version does not run.
 */
function checkUse({ stages }: Version, { version, ...given }: AutoAttackValues): void {
  const twice = stages.find((stage, i) => stages.indexOf(stage) < i);
  if (twice) {
    const message = `"stages" has ${twice} twice, which would find again what it has found. Leave one out; "restarts" gives it more starts.`;
    throw new ComputeError('INVALID_ATTACK', message, ['stages', String(stages.lastIndexOf(twice))]);
  }
  const taken: readonly string[] = [...stages.flatMap((stage) => STAGES[stage].takes), ...(version === 'RAND' ? ['eotSamples'] : [])];
  const defaults: Partial<Record<string, number>> = {
    steps: QUICK.steps.default,
    queries: QUICK.queries.default,
    eotSamples: PARAMETERS.eotSamples.default,
  };
  for (const name of ['steps', 'queries', 'restarts', 'targets', 'eotSamples'] as const) {
    if (taken.includes(name) || given[name] === undefined || given[name] === defaults[name]) continue;
    const message = `The version ${version} runs ${stages.join(', ')}, none of which takes "${name}". Leave "${name}" out, or choose another version.`;
    throw new ComputeError('INVALID_ATTACK', message, [name]);
  }
}

/** The attacks of a version. Each is given those of the settings that it takes; what is not set keeps its default. */
function configured(norm: AutoAttackNorm, version: Version, settings: Settings): ConfiguredAttack[] {
  return version.stages.map((stage) => {
    const { [norm]: definition, takes } = STAGES[stage];
    const values: ParameterValues = {
      ...settings,
      restarts: settings.restarts ?? (stage === 'FAB_T' ? FAB_T_RESTARTS : version.restarts),
      targets: settings.targets ?? (stage === 'APGD_T' ? version.targets : TARGETS.default),
      largeReps: version.largeReps,
    };
    const taken = ['epsilon', ...takes].filter((name) => name in definition.parameters).map((name) => [name, values[name]]);
    return { definition, parameters: validateParameters(definition, Object.fromEntries(taken)) };
  });
}

/** The mean over the randomness of a model, for the version RAND (Athalye et al. 2018). */
function onMean(model: AnyModel, { version, eotSamples: samples }: AutoAttackValues): SurrogateModel {
  if (version !== 'RAND') return itself(model);
  const one = differentiable(model);
  return one.random ? { model: averaged(one, { samples, shift: 0, noise: 0, seed: 0 }), passes: samples } : itself(model);
}

/** What an attack does that runs a fixed list of others. @param surrogateFor the model that they are run on. Default: the one under attack. */
function inTurn<Values>(
  membersOf: (values: Values) => ConfiguredAttack[],
  surrogateFor: (model: AnyModel, values: Values) => SurrogateModel = itself,
) {
  return {
    access: 'GRADIENT',
    targeted: false,
    accessOf: (values: Values) => strongestAccess(membersOf(values)),
    classesOf: (values: Values) => Math.max(...membersOf(values).map(({ definition: { classes = 1 } }) => classes)),
    budget: (values: Values, imageShape: readonly number[]) => sharedBudget(membersOf(values), imageShape),
    run: (task: AttackTask, values: Values) => runInTurn(task, membersOf(values), [], surrogateFor(task.model, values)),
  } as const;
}
