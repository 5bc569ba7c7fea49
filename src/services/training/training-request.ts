/** What a client asks to be trained, checked and completed. @module */
import { optionalNumberOf, type ParameterValues, validateParameters } from '../../compute/parameters/index.js';
import { type AttackDefinition, findAttack } from '../../compute/attacks/index.js';
import { checkImagesFit } from '../../compute/data/index.js';
import {
  type Augmentation,
  type Selection,
  findOptimizer,
  findSchedule,
  findScheme,
  minibatchParts,
  type Regularisation,
  type SchemeUse,
  type StoppingRules,
  type TrainingPlan,
} from '../../compute/training/index.js';
import { DomainError } from '../../errors.js';
import type { Dataset } from '../../storage/generated/client.js';
import { sourceRowIds } from '../../storage/source-models.js';
import { toDomainErrors } from '../domain-errors.js';
import { checkAttack, checkRange, DEFAULT_SAMPLES } from '../evaluation/evaluation-request.js';
import { checkRanges } from '../statistics/ranges.js';

export interface RequestedScheme extends Selection {
  readonly attacks?: readonly { readonly definition: AttackDefinition; readonly parameters: ParameterValues; readonly weight: number }[];
  readonly modelIds?: readonly (string | undefined)[];
  readonly unlabelledDatasetId?: string;
}

/** What is not yet complete of a plan. */
export interface RequestedPlan {
  readonly scheme: RequestedScheme;
  readonly optimizer: Selection;
  readonly schedule: Selection;
  readonly warmUpSteps: number;
  readonly regularisation: Regularisation;
  readonly augmentation: Augmentation;
  readonly epochs?: number;
  readonly steps?: number;
  readonly batchSize: number;
  /** Share of each minibatch that every extra data set gives. */
  readonly extraFractions: readonly number[];
  readonly seed: number;
  readonly stopping: StoppingRules;
  readonly validation: { readonly offset: number; readonly sampleCount?: number; readonly epsilon: number; readonly iterations: number };
}

const LIMITS = {
  batchSize: [1, 100_000],
  epochs: [1, 1_000_000],
  steps: [1, 1_000_000_000],
  warmUpSteps: [0, 1_000_000_000],
  interval: [1, 1_000_000_000],
  checkpointsKept: [1, 1000],
  patience: [0, 1_000_000],
  shift: [0, 1000],
  labelSmoothing: [0, 1],
  auxiliaryWeight: [0, 1000],
  weightDecay: [0, 1000],
  gradientClip: [0, 1e9],
  averageDecay: [0, 0.999999],
  averageFrom: [0, 1],
  epsilon: [0, 1],
  iterations: [1, 1000],
} as const;

/** @throws DomainError VALIDATION naming the field and its range. */
export const checkLimits = (values: Partial<Record<keyof typeof LIMITS, number | undefined>>, path?: readonly string[]) =>
  checkRanges(LIMITS, values, path);

/** Completes a plan with defaults. @throws DomainError VALIDATION naming what is at fault. */
export async function completePlan(requested: RequestedPlan, dataset: Dataset, validationDataset: Dataset): Promise<TrainingPlan> {
  const { epochs, steps, batchSize, extraFractions, scheme, optimizer, schedule, validation, ...rest } = requested;
  checkLimits({ batchSize, epochs, steps, warmUpSteps: rest.warmUpSteps });
  checkLimits({ ...rest.regularisation }, ['regularisation']);
  if (rest.regularisation.averageDecay > 0 && rest.regularisation.averageFrom !== undefined) {
    const message = 'Both "averageDecay" and "averageFrom" say what the weights become. Leave one of them out.';
    throw new DomainError('VALIDATION', message, ['regularisation', 'averageFrom']);
  }
  checkLimits({ shift: rest.augmentation.shift }, ['augmentation']);
  checkLimits({ patience: rest.stopping.patience }, ['stopping']);
  checkLimits({ epsilon: validation.epsilon, iterations: validation.iterations }, ['validation']);
  const heldOut = dataset.fingerprint === validationDataset.fingerprint;
  const wanted = validation.sampleCount ?? (heldOut ? heldOutByDefault(dataset, validation.offset) : undefined);
  const { offset, sampleCount } = checkRange(validationDataset, validation.offset, wanted, ['validation']);
  const trainedOn = dataset.exampleCount - (heldOut ? sampleCount : 0);
  const { own } = await toDomainErrors(() => minibatchParts(batchSize, extraFractions));
  if (own > trainedOn) {
    const others = heldOut ? `, less ${sampleCount} for validation; name another data set for that, or a smaller \`sampleCount\`` : '';
    const share = own < batchSize ? `, of which ${own} are of the data set that is trained on` : '';
    const message = `batchSize is ${batchSize}${share}; "${dataset.name}" has only ${dataset.exampleCount} examples${others}.`;
    throw new DomainError('VALIDATION', message, ['batchSize']);
  }
  const checkedScheme = await completeScheme(scheme, batchSize, dataset);
  await toDomainErrors(() => {
    checkImagesFit(batchSize, dataset.imageShape, ['batchSize']);
    checkImagesFit(sampleCount, dataset.imageShape, ['validation', 'sampleCount']);
  });
  return {
    ...rest,
    batchSize,
    // A plan without them is that of earlier versions, and so is the hash of its request.
    extraFractions: extraFractions.length > 0 ? extraFractions : undefined,
    scheme: checkedScheme,
    optimizer: await checked(findOptimizer, optimizer, 'optimizer'),
    schedule: await checked(findSchedule, schedule, 'schedule'),
    totalSteps: totalSteps(requested, Math.floor(trainedOn / own), checkedScheme),
    validation: {
      offset,
      count: sampleCount,
      oneStep: suiteAttack('FGSM', { epsilon: validation.epsilon }),
      iterative: suiteAttack('PGD', { epsilon: validation.epsilon, steps: validation.iterations }),
    },
  };
}

async function completeScheme(
  { attacks = [], modelIds, unlabelledDatasetId, ...scheme }: RequestedScheme,
  batchSize: number,
  dataset: Pick<Dataset, 'imageShape' | 'classNames'>,
) {
  const definition = findScheme(scheme.name);
  const given: Record<SchemeUse, unknown> = { attacks: attacks.length || undefined, models: modelIds, unlabelled: unlabelledDatasetId };
  const useless = (Object.keys(given) as SchemeUse[]).find((use) => given[use] !== undefined && !definition.uses?.[use]);
  if (useless) throw new DomainError('VALIDATION', `${definition.title} takes no ${useless}.`, ['scheme', scheme.name]);
  const { parameters } = await checked(findScheme, scheme, 'scheme');
  const modelCount = modelIds?.length ?? 0;
  await toDomainErrors(() => definition.check?.(parameters, { batchSize, modelCount }), ['scheme', scheme.name]);
  const weighted = attacks.map(async ({ definition: attack, parameters: own, weight }, i) => {
    const path = ['scheme', scheme.name, 'attacks', String(i)];
    if (!(weight > 0 && Number.isFinite(weight))) {
      throw new DomainError('VALIDATION', `weight is ${weight}; give a number above 0.`, [...path, 'weight']);
    }
    if (sourceRowIds(own).length > 0) {
      const message = 'Training attacks the network that is trained. Source models can be named in evaluations alone.';
      throw new DomainError('VALIDATION', message, [...path, 'attack', attack.name, 'sourceModelIds']);
    }
    const values = await checkAttack(attack, own, dataset, [...path, 'attack', attack.name]);
    return { kind: attack.kind, parameters: values, weight };
  });
  return { name: scheme.name, parameters, attacks: await Promise.all(weighted) };
}

async function checked(
  find: (name: string) => Parameters<typeof validateParameters>[0],
  { name, parameters }: Selection,
  member: string,
): Promise<Selection> {
  return { name, parameters: await toDomainErrors(() => validateParameters(find(name), parameters, 'INVALID_TRAINING'), [member, name]) };
}

/** Images of the training set itself that are validated on, and then not trained on. */
const heldOutByDefault = ({ exampleCount }: Dataset, offset: number) =>
  Math.max(1, Math.min(DEFAULT_SAMPLES, Math.floor(exampleCount / 10), exampleCount - offset));

/** By steps, or by epochs, of which each is as many steps as the scheme uses a minibatch times as long. @param minibatches of a pass over the data set. */
function totalSteps({ epochs, steps }: RequestedPlan, minibatches: number, { parameters }: Selection): number {
  if ((epochs === undefined) === (steps === undefined)) {
    throw new DomainError('VALIDATION', 'Give `epochs` or `steps`: one of them.', ['epochs']);
  }
  const replays = optionalNumberOf(parameters, 'replays') ?? 1;
  return steps ?? epochs! * minibatches * replays;
}

function suiteAttack(kind: string, parameters: ParameterValues) {
  return { kind, parameters: validateParameters(findAttack(kind), parameters) };
}
