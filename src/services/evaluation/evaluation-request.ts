/** What a client asks to be evaluated, checked and given a name of its own. @module */
import {
  attackAsRun,
  type AttackDefinition,
  type AttackDescription,
  checkAccess,
  checkClasses,
  checkTargetCount,
  checkTargets,
  findAttack,
} from '../../compute/attacks/index.js';
import { type AttackChoice, type ParameterValues, validateParameters } from '../../compute/parameters/index.js';
import type { Judging } from '../../compute/distances/index.js';
import type { EngineDescription } from '../../compute/engine/index.js';
import type { ModelSpec } from '../../compute/models/index.js';
import { DomainError } from '../../errors.js';
import type { Dataset, Model } from '../../storage/generated/client.js';
import { specOf } from '../../storage/json.js';
import { isReady, type ReadyModel } from '../../storage/ready-model.js';
import { toDomainErrors } from '../domain-errors.js';
import { hashOf } from '../job/unique-requests.js';

export interface SampleRange {
  readonly offset: number;
  readonly sampleCount: number;
}

export const DEFAULT_SAMPLES = 1000;

/** @param asked null and undefined mean the default. @throws DomainError VALIDATION naming what the data set has. */
export function checkRange(
  dataset: Pick<Dataset, 'name' | 'exampleCount'>,
  offset: number,
  asked: number | null | undefined,
  path: readonly string[] = [],
): SampleRange {
  const left = dataset.exampleCount - offset;
  if (offset < 0 || left <= 0) {
    throw new DomainError('VALIDATION', `offset is ${offset}; "${dataset.name}" has examples 0 to ${dataset.exampleCount - 1}.`, [
      ...path,
      'offset',
    ]);
  }
  const sampleCount = asked ?? Math.min(DEFAULT_SAMPLES, left);
  if (sampleCount < 1 || sampleCount > left) {
    throw new DomainError(
      'VALIDATION',
      `sampleCount is ${sampleCount}; from offset ${offset} on, "${dataset.name}" has 1 to ${left} examples.`,
      [...path, 'sampleCount'],
    );
  }
  return { offset, sampleCount };
}

/** @throws DomainError MODEL_NOT_READY for a model that has not passed its validation. */
export function checkReady(model: Model, path: readonly string[] = ['modelIds']): ReadyModel {
  if (isReady(model)) return model;
  const advice = model.status === 'VALIDATING' ? 'is still being validated: wait for its job' : 'was rejected: its job says why';
  throw new DomainError('MODEL_NOT_READY', `"${model.name}" ${advice}.`, path);
}

/** Predictions that may decide on the class of an image. */
const MOST_PREDICTIONS = 1000;

/** @throws DomainError VALIDATION */
export function checkPredictions(predictions: number, path: readonly string[] = ['predictions']): void {
  if (predictions >= 1 && predictions <= MOST_PREDICTIONS) return;
  throw new DomainError('VALIDATION', `predictions is ${predictions}; it is 1 to ${MOST_PREDICTIONS}.`, path);
}

/** @throws DomainError VALIDATION for stored images of data that have no levels. */
export function checkJudging({ name, bitDepth }: Pick<Dataset, 'name' | 'bitDepth'>, judging: Judging): void {
  if (judging === 'FLOAT' || bitDepth <= 16) return;
  throw new DomainError('VALIDATION', `"${name}" holds floats, which have no levels to round to: give the judging FLOAT.`, ['judging']);
}

type Fitted = Pick<Dataset, 'name' | 'imageShape' | 'classNames'>;

/** @param classMap to the classes of the data set. @throws DomainError MODEL_DATASET_MISMATCH saying both sides. */
export function checkFit(
  model: Pick<Model, 'name' | 'spec'>,
  dataset: Fitted,
  path?: readonly string[],
  classMap?: readonly number[],
): void {
  const spec = specOf(model);
  checkSpecFits(model.name, classMap ? { ...spec, classCount: dataset.classNames.length } : spec, dataset, path);
}

/** @param name of the model. @throws DomainError MODEL_DATASET_MISMATCH saying both sides. */
export function checkSpecFits(
  name: string,
  { inputShape, classCount }: Pick<ModelSpec, 'inputShape' | 'classCount'>,
  dataset: Fitted,
  path: readonly string[] = ['datasetId'],
): void {
  const wanted = inputShape.join('×');
  const given = dataset.imageShape.join('×');
  if (wanted !== given) {
    throw new DomainError('MODEL_DATASET_MISMATCH', `"${name}" takes images of ${wanted}, those of "${dataset.name}" are ${given}.`, path);
  }
  if (classCount !== dataset.classNames.length) {
    throw new DomainError(
      'MODEL_DATASET_MISMATCH',
      `"${name}" has ${classCount} classes, but "${dataset.name}" has ${dataset.classNames.length}. Choose a data set with the model's classes, or say which of its classes each of the model's is: \`spec.classMap\` where a model is submitted, \`classMap\` or \`matchClasses\` (by names) of \`startEvaluation\`.`,
      path,
    );
  }
}

export interface RequestedAttack {
  readonly definition: AttackDefinition;
  readonly parameters: ParameterValues;
}

/**
 * One attack for each budget, which a list of attacks hands on to those in it; attacks without a parameter for it stay one.
 * @param epsilons undefined: every attack has the budget that its parameters say.
 * @returns also the position of each in the client's list. @throws DomainError VALIDATION for a list without budgets, or with one twice.
 */
export function withBudgets(attacks: readonly RequestedAttack[], epsilons: readonly number[] | undefined) {
  if (epsilons?.length === 0) throw new DomainError('VALIDATION', 'Name at least one budget, or leave the list out.', ['epsilons']);
  const twice = epsilons?.findIndex((epsilon, i) => epsilons.indexOf(epsilon) < i) ?? -1;
  if (twice >= 0) {
    throw new DomainError('VALIDATION', `The budget ${epsilons![twice]} is there twice. Leave one out.`, ['epsilons', String(twice)]);
  }
  return attacks.flatMap((attack, position) => {
    if (!epsilons || !takesEpsilon(attack)) return [{ ...attack, position }];
    return epsilons.map((epsilon) => ({ ...attack, parameters: withEpsilon(attack, epsilon), position }));
  });
}

const takesEpsilon = ({ definition, parameters }: RequestedAttack): boolean =>
  'epsilon' in definition.parameters || inList(parameters).some(takesEpsilon);

function withEpsilon({ definition, parameters }: RequestedAttack, epsilon: number): ParameterValues {
  if ('epsilon' in definition.parameters) return { ...parameters, epsilon };
  if (!parameters['attacks']) return parameters;
  return {
    ...parameters,
    attacks: inList(parameters).map((one) => ({ kind: one.definition.kind, parameters: withEpsilon(one, epsilon) })),
  };
}

const inList = ({ attacks = [] }: ParameterValues): RequestedAttack[] =>
  (attacks as readonly AttackChoice[]).map(({ kind, parameters }) => ({ definition: findAttack(kind), parameters }));

/**
 * Fills in defaults.
 * @param path of the attack's parameters in the client's input. @param sampleCount examples of the evaluation; none in training.
 * @throws DomainError VALIDATION naming the parameter's range, the data set's classes, where an attack needs more of them, or what the attacks of a list do not share.
 */
export async function checkAttack(
  definition: AttackDefinition,
  given: ParameterValues,
  { imageShape, classNames }: Pick<Dataset, 'imageShape' | 'classNames'>,
  path: readonly string[],
  sampleCount?: number,
): Promise<ParameterValues> {
  const parameters = await checkParameters(definition, given, path);
  await checkTogether(definition, parameters, classNames.length, path, sampleCount);
  await toDomainErrors(() => definition.budget(parameters, imageShape), path);
  return parameters;
}

/** What single parameters cannot say, and classes: also of the attacks in a list. */
async function checkTogether(
  definition: AttackDefinition,
  parameters: ParameterValues,
  classCount: number,
  path: readonly string[],
  sampleCount: number | undefined,
): Promise<void> {
  for (const [i, one] of inList(parameters).entries())
    await checkTogether(one.definition, one.parameters, classCount, [...path, 'attacks', String(i), one.definition.name], sampleCount);
  await toDomainErrors(() => definition.check?.(parameters), path);
  await toDomainErrors(() => checkClasses(definition, parameters, classCount), path);
  await toDomainErrors(() => checkTargets(parameters, classCount), path);
  await toDomainErrors(() => checkTargetCount(parameters, sampleCount), path);
}

/** @param path of the parameters in the client's input. @throws DomainError VALIDATION */
export async function checkParameters(
  definition: AttackDescription,
  given: ParameterValues,
  path: readonly string[],
): Promise<ParameterValues> {
  const complete = await toDomainErrors(() => validateParameters(definition, given), path);
  return Object.fromEntries(Object.entries(complete).filter(([, value]) => value !== undefined));
}

/** @throws DomainError VALIDATION where the attack needs more of the model than there is, naming those that do not. */
export function checkAllowed(
  model: Pick<Model, 'name' | 'access'>,
  { kind, name }: AttackDefinition,
  parameters: ParameterValues,
  position: number,
) {
  return toDomainErrors(
    () => checkAccess(model.access, attackAsRun(kind, parameters), parameters, `"${model.name}"`),
    ['attacks', String(position), name],
  );
}

export interface HashedRequest extends SampleRange {
  readonly model: Pick<ReadyModel, 'id'>;
  readonly dataset: Pick<Dataset, 'id' | 'fingerprint'>;
  readonly attack: AttackDescription;
  readonly parameters: ParameterValues;
  readonly seed: number;
  readonly judging: Judging;
  readonly predictions: number;
  /** Undefined: the model's classes are those of the data set. */
  readonly classMap?: readonly number[];
  /** Artifact of imported images, in place of an attack's. */
  readonly images?: string;
  readonly engine: Pick<EngineDescription, 'kind' | 'provider'>;
}

/**
 * SHA-256 of everything that the numbers depend on. Model and data set are named by their rows, not by their fingerprints: a result belongs to the model that
 * was asked about, also where another has equal weights. How the work is cut into shards and batches is no part of it, nor whether images are kept.
 */
export function requestHash(request: HashedRequest): string {
  const { model, dataset, attack, parameters, offset, sampleCount, seed, judging, predictions, classMap, images, engine } = request;
  const sorted = Object.keys(parameters)
    .sort()
    .map((name) => [name, parameters[name]]);
  return hashOf(
    model.id,
    dataset.id,
    dataset.fingerprint,
    attack.kind,
    sorted,
    offset,
    sampleCount,
    seed,
    judging,
    engine.kind,
    engine.provider,
    ...(images === undefined ? [] : [images]),
    // One is what all requests had before there was a choice.
    ...(predictions === 1 ? [] : ['predictions', predictions]),
    ...(classMap ? ['classMap', classMap] : []),
  );
}
