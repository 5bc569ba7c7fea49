/** How a scheme is described to clients. One scheme is one file here and one line in `registry.ts`. @module */
import { integer, magnitude, type ParameterSpecs, real, type ValuesOf } from '../../parameters/index.js';
import type { AttackReference } from '../../attacks/index.js';
import { ComputeError } from '../../errors.js';
import type { Dataset } from '../../data/index.js';
import type { DifferentiableModel } from '../../models/index.js';
import type { TrainingScheme, WeightedAttack } from '../types.js';

/** What a scheme takes beside numbers. */
export interface SchemeResources {
  /** m. */
  readonly batchSize: number;
  /** Of the suite, parameters checked. */
  readonly attacks?: readonly WeightedAttack[];
  /** Networks that do not change. */
  readonly models?: readonly DifferentiableModel[];
  /** Images whose labels are not looked at. */
  readonly unlabelled?: Dataset;
}

export type SchemeUse = 'attacks' | 'models' | 'unlabelled';

/** Define one by {@link defineScheme}, which infers the types of its parameters' values. */
export interface SchemeDefinition<Specs extends ParameterSpecs = ParameterSpecs> {
  /** Member of `TrainingSchemeInput`, such as `algorithm1`, `trades`. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly reference: AttackReference;
  readonly parameters: Specs;
  /** Members beside the parameters, with what they mean here. */
  readonly uses?: Readonly<Partial<Record<SchemeUse, string>>>;
  /** @throws ComputeError INVALID_TRAINING where parameters contradict each other or what comes with them. */
  check?(parameters: ValuesOf<Specs>, given: { readonly batchSize: number; readonly modelCount: number }): void;
  /** @param parameters all of them, checked. */
  create(parameters: ValuesOf<Specs>, resources: SchemeResources): TrainingScheme;
}

/** A scheme whose functions are given checked parameters, each with the type that its description says. */
export function defineScheme<Specs extends ParameterSpecs>(scheme: SchemeDefinition<Specs>): SchemeDefinition {
  return scheme;
}

/** L∞ budget of training attacks. */
export const EPSILON = magnitude({
  default: 8 / 255,
  minimum: 0,
  maximum: 1,
  description: 'Budget of the attack (L∞), as a fraction of the pixel range. Usual are 8/255 for photographs and 0.3 for MNIST.',
});

export const STEPS = integer({
  default: 10,
  minimum: 1,
  maximum: 100,
  description: 'Steps of the attack in each training step; each costs a forward and a backward pass.',
});

export const STEP_SIZE = real({
  minimum: 0,
  maximum: 100_000,
  description: 'Length of a step of the attack, in the units of ε. Absent: 2.5 ε / steps.',
});

/** An iterative L∞ attack inside the step. */
export const LINF_ATTACK = { epsilon: EPSILON, steps: STEPS, alpha: STEP_SIZE };

/** The step size that the parameters ask for. */
export function stepSize({ epsilon, steps, alpha }: ValuesOf<typeof LINF_ATTACK>): number {
  return alpha ?? (2.5 * epsilon) / steps;
}

interface AdversarialCount {
  readonly k: number | undefined;
}

/** k of the m images; half of them where it is absent. */
export function adversarialCount({ k }: AdversarialCount, batchSize: number): number {
  return k ?? Math.floor(batchSize / 2);
}

/** @throws ComputeError INVALID_TRAINING where a minibatch does not have as many images. */
export function checkAdversarialCount(parameters: AdversarialCount, { batchSize }: { readonly batchSize: number }): void {
  const k = adversarialCount(parameters, batchSize);
  if (k <= batchSize) return;
  throw new ComputeError(
    'INVALID_TRAINING',
    `k is ${k}, and a minibatch has ${batchSize} images. Give a smaller k or a larger batchSize.`,
    ['k'],
  );
}

/** How many images of a minibatch are adversarial. */
export const ADVERSARIAL_COUNT = integer({
  minimum: 0,
  maximum: 100_000,
  description: 'k: images of each minibatch that are replaced by adversarial ones. Absent: half of the minibatch, as in the paper.',
});

export const ADVERSARIAL_WEIGHT = real({
  default: 0.3,
  minimum: 0,
  maximum: 1000,
  description: "λ: weight of an adversarial image's loss against a clean one's. The paper takes 0.3.",
});
