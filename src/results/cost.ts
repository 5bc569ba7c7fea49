/** How long an evaluation will take, from how long others took. @module */
import { type Prediction, predictNext } from '../compute/statistics/index.js';
import type { ParameterValues } from '../compute/parameters/index.js';

/** What the time of an evaluation depends on, as far as it is known beforehand. */
export interface Work {
  readonly attackKind: string;
  readonly parameters: ParameterValues;
  readonly sampleCount: number;
  readonly predictions: number;
  /** Of the model; null: not known. */
  readonly fingerprint: string | null;
  readonly multiplyAdds: number | null;
}

export interface MeasuredWork extends Work {
  /** From the beginning to the end, without compiling. */
  readonly seconds: number;
}

export interface Cost extends Prediction {
  /** Evaluations that it rests on. */
  readonly measurements: number;
}

/** Numbers that multiply what an attack does. */
const EFFORT = ['steps', 'restarts', 'queries', 'iterations', 'copies', 'targets'];

/** How much an attack does for each image, in units of its own kind; of a list of attacks, the sum. */
function effort(parameters: ParameterValues): number {
  const own = EFFORT.reduce((product, name) => {
    const value = parameters[name];
    return typeof value === 'number' && value > 0 ? product * value : product;
  }, 1);
  const { attacks } = parameters;
  if (!Array.isArray(attacks) || attacks.length === 0) return own;
  return own * attacks.reduce((sum: number, one) => sum + effort(partsOf(one)), 0);
}

const partsOf = (one: unknown): ParameterValues =>
  typeof one === 'object' && one !== null && 'parameters' in one ? (one.parameters as ParameterValues) : {};

const unitsOf = (work: Work) => work.sampleCount * work.predictions * effort(work.parameters);

/**
 * From evaluations under the same attack: of the same network where there are some, else of others, by multiplications of an image.
 * @returns undefined where nothing comparable was measured.
 */
export function costOf(work: Work, measured: readonly MeasuredWork[]): Cost | undefined {
  const alike = measured.filter(({ attackKind, seconds }) => attackKind === work.attackKind && seconds > 0);
  const ofSameModel = alike.filter(({ fingerprint }) => fingerprint !== null && fingerprint === work.fingerprint);
  if (ofSameModel.length > 0) return scaled(ofSameModel, unitsOf, work);
  if (work.multiplyAdds === null) return undefined;
  const sized = alike.filter(({ multiplyAdds }) => multiplyAdds !== null);
  return sized.length > 0 ? scaled(sized, (one) => unitsOf(one) * one.multiplyAdds!, work) : undefined;
}

function scaled(measured: readonly MeasuredWork[], units: (work: Work) => number, work: Work): Cost {
  const { value, lower, upper } = predictNext(measured.map((one) => one.seconds / units(one)));
  const factor = units(work);
  return { value: value * factor, lower: lower * factor, upper: upper * factor, measurements: measured.length };
}
