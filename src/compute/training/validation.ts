/** Measures a network in training on images that it is not trained on, and says when to stop. @module */
import { argmaxRows, type HostTensor, type HostTensors } from '../tensors/index.js';
import type { Dataset } from '../data/index.js';
import { fromStored } from '../distances/index.js';
import type { CurrentNetwork } from './current-network.js';
import type { ExampleRange } from './example-order.js';
import type { SuiteAttack } from './types.js';

export interface ValidationOptions extends ExampleRange {
  readonly dataset: Dataset;
  /** Such as FGSM. */
  readonly oneStep: SuiteAttack;
  /** Such as PGD. */
  readonly iterative: SuiteAttack;
}

/** Those of the examples that are validated on which lie in a data set that is trained on: they are not to be trained on. */
export function heldOutFor(validation: ValidationOptions | undefined, { info }: Dataset): ExampleRange | undefined {
  if (validation?.dataset.info.fingerprint !== info.fingerprint) return undefined;
  return { offset: validation.offset, count: validation.count };
}

/** Shares of the images that are classified right. */
export interface ValidationPoint {
  readonly cleanAccuracy: number;
  readonly oneStepAccuracy: number;
  readonly iterativeAccuracy: number;
}

export interface StoppingRules {
  /** Validations without a better iterative accuracy after which training ends. 0: none. */
  readonly patience: number;
  /** End where iterative accuracy has fallen by {@link OVERFITTING_DROP} while one-step accuracy has not. */
  readonly detectOverfitting: boolean;
}

export type Outcome = 'COMPLETED' | 'EARLY_STOPPED' | 'CATASTROPHIC_OVERFITTING';

/** The fall of PGD accuracy at which Wong et al. 2020 stop (their code's `early-stop`). */
const OVERFITTING_DROP = 0.2;

/** The best validation so far, by iterative accuracy. */
export interface Best extends ValidationPoint {
  readonly step: number;
  readonly variables: HostTensors;
}

/** Attacks the slice of the validation set. Every example has the same random numbers at every step. */
export class Validation {
  private constructor(
    private readonly options: ValidationOptions,
    private readonly images: HostTensor,
    private readonly labels: Int32Array,
    private readonly seed: number,
  ) {}

  /** Reads the slice. */
  static async open(options: ValidationOptions, seed: number): Promise<Validation> {
    const { dataset, offset, count } = options;
    const { images, labels } = await dataset.read(offset, count);
    return new Validation(options, fromStored(images, [labels.length, ...dataset.info.imageShape]), labels, seed);
  }

  async measure(network: CurrentNetwork, signal?: AbortSignal): Promise<ValidationPoint> {
    const { images, labels, seed } = this;
    const { offset: first, oneStep, iterative } = this.options;
    const accuracy = async (x: HostTensor) => {
      const predictions = argmaxRows(await network.predict(x, undefined, signal));
      return predictions.filter((prediction, i) => prediction === labels[i]).length / labels.length;
    };
    const under = async (attack: SuiteAttack) => accuracy(await network.attack(attack, images, labels, { seed, first, signal }));
    return { cleanAccuracy: await accuracy(images), oneStepAccuracy: await under(oneStep), iterativeAccuracy: await under(iterative) };
  }
}

/** Whether a run under these rules can end before its last step. */
export function mayStop({ patience, detectOverfitting }: StoppingRules): boolean {
  return patience > 0 || detectOverfitting;
}

/** Whether to stop after a validation. @param since validations since the best one. */
export function verdict(rules: StoppingRules, point: ValidationPoint, best: Best, since: number): Outcome | undefined {
  const fallen = (measure: 'oneStepAccuracy' | 'iterativeAccuracy') => best[measure] - point[measure] > OVERFITTING_DROP;
  if (rules.detectOverfitting && fallen('iterativeAccuracy') && !fallen('oneStepAccuracy')) return 'CATASTROPHIC_OVERFITTING';
  return rules.patience > 0 && since >= rules.patience ? 'EARLY_STOPPED' : undefined;
}
