/** Learning rates by step. @module */
import { findNamed, integer, type ParameterSpecs, real, type ValuesOf } from '../parameters/index.js';

/** @param step counted from 0. @param total steps of the run. */
export type Schedule = (step: number, total: number) => number;

export interface ScheduleDefinition<Specs extends ParameterSpecs = ParameterSpecs> {
  /** Member of `ScheduleInput`, such as `cosine`. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly parameters: Specs;
  create(parameters: ValuesOf<Specs>): Schedule;
}

const LEARNING_RATE = real({ default: 0.01, minimum: 0, maximum: 1e6, description: 'Learning rate at the start.' });

export function constantRate(rate: number): Schedule {
  return () => rate;
}

/** Half a cosine from `peak` to 0 (Loshchilov & Hutter 2017, arXiv 1608.03983). */
export function cosineDecay(peak: number): Schedule {
  return (step, total) => (peak / 2) * (1 + Math.cos((Math.PI * step) / total));
}

/** `rate · factor^⌊step / interval⌋`: the staircase of Kurakin et al. 2016, with 0.045 · 0.94 every two epochs. */
export function staircaseDecay(rate: number, factor: number, interval: number): Schedule {
  return (step) => rate * factor ** Math.floor(step / interval);
}

/** Falls by `factor` after a half and after three quarters of the run, the usual one for CIFAR-10 (He et al. 2016). */
export function piecewiseDecay(rate: number, factor: number, shares: readonly [number, number]): Schedule {
  return (step, total) => rate * factor ** shares.filter((share) => step >= share * total).length;
}

/** Rises from 0 to `peak` and falls to 0 again, in straight lines (Smith 2017; Wong et al. 2020 train so). */
export function cyclic(peak: number, peakShare: number): Schedule {
  return (step, total) => {
    const progress = step / total;
    return peak * Math.min(progress / peakShare, (1 - progress) / (1 - peakShare));
  };
}

/** Rises in a straight line over the first steps, then follows `schedule` (Goyal et al. 2017, arXiv 1706.02677). */
export function withWarmUp(schedule: Schedule, warmUpSteps: number): Schedule {
  return (step, total) => schedule(step, total) * Math.min(1, (step + 1) / (warmUpSteps + 1));
}

const share = (value: number, description: string) => real({ default: value, minimum: 0, maximum: 1, description });

/** One whose function is given checked parameters, each with the type that its description says. */
function defineSchedule<Specs extends ParameterSpecs>(definition: ScheduleDefinition<Specs>): ScheduleDefinition {
  return definition;
}

/** All schedules. */
export const schedules: readonly ScheduleDefinition[] = [
  defineSchedule({
    name: 'constant',
    title: 'Constant',
    description: 'The same learning rate throughout.',
    parameters: { learningRate: LEARNING_RATE },
    create: ({ learningRate }) => constantRate(learningRate),
  }),
  defineSchedule({
    name: 'cosine',
    title: 'Cosine',
    description: 'Half a cosine from the learning rate to 0 at the end of the run.',
    parameters: { learningRate: LEARNING_RATE },
    create: ({ learningRate }) => cosineDecay(learningRate),
  }),
  defineSchedule({
    name: 'piecewise',
    title: 'Piecewise constant',
    description: 'Falls by a factor at two points of the run.',
    parameters: {
      learningRate: LEARNING_RATE,
      factor: share(0.1, 'What the learning rate is multiplied by.'),
      first: share(0.5, 'Share of the run after which it falls.'),
      second: share(0.75, 'Share of the run after which it falls again.'),
    },
    create: ({ learningRate, factor, first, second }) => piecewiseDecay(learningRate, factor, [first, second]),
  }),
  defineSchedule({
    name: 'staircase',
    title: 'Staircase exponential decay',
    description: 'Falls by a factor every so many steps, as in Kurakin et al. 2016: by 0.94 every two epochs.',
    parameters: {
      learningRate: { ...LEARNING_RATE, default: 0.045 },
      factor: share(0.94, 'What the learning rate is multiplied by.'),
      interval: integer({ default: 1000, minimum: 1, maximum: 1_000_000_000, description: 'Steps between two falls.' }),
    },
    create: ({ learningRate, factor, interval }) => staircaseDecay(learningRate, factor, interval),
  }),
  defineSchedule({
    name: 'cyclic',
    title: 'Cyclic',
    description: 'Rises from 0 to the learning rate and falls to 0 again, in straight lines, as fast adversarial training does.',
    parameters: {
      learningRate: LEARNING_RATE,
      peak: { ...share(0.4, 'Share of the run after which it is highest.'), minimum: 0.01, maximum: 0.99 },
    },
    create: ({ learningRate, peak }) => cyclic(learningRate, peak),
  }),
];

/** @throws ComputeError INVALID_TRAINING, naming the schedules that there are. */
export function findSchedule(name: string): ScheduleDefinition {
  return findNamed(schedules, name, 'INVALID_TRAINING', 'schedule');
}
