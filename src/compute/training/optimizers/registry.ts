/** All optimizers. A new one is one file here and one entry below. @module */
import { findNamed, type ParameterSpecs, real, type ValuesOf } from '../../parameters/index.js';
import type { Optimizer } from '../types.js';
import { adam } from './adam.js';
import { adamw } from './adamw.js';
import { nesterov } from './nesterov.js';
import { rmsprop } from './rmsprop.js';
import { sgd } from './sgd.js';

export interface OptimizerDefinition<Specs extends ParameterSpecs = ParameterSpecs> {
  /** Member of `OptimizerInput`, such as `sgd`. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly parameters: Specs;
  create(parameters: ValuesOf<Specs>): Optimizer;
}

const share = (value: number, description: string) => real({ default: value, minimum: 0, maximum: 0.999999, description });
const epsilon = (value: number) =>
  real({ default: value, minimum: 1e-12, maximum: 1000, description: 'Keeps steps finite where gradients vanish.' });
const MOMENTUM = share(0.9, "Share of the last step's direction that is kept.");
const ADAM = {
  beta1: share(0.9, "Share of the gradient's running mean that is kept."),
  beta2: share(0.999, 'Share of the running mean of its square that is kept.'),
  epsilon: epsilon(1e-8),
};

/** One whose function is given checked parameters, each with the type that its description says. */
function defineOptimizer<Specs extends ParameterSpecs>(definition: OptimizerDefinition<Specs>): OptimizerDefinition {
  return definition;
}

export const optimizers: readonly OptimizerDefinition[] = [
  defineOptimizer({
    name: 'sgd',
    title: 'SGD with momentum',
    description: 'Stochastic gradient descent, with momentum unless that is 0.',
    parameters: { momentum: MOMENTUM },
    create: ({ momentum }) => sgd(momentum),
  }),
  defineOptimizer({
    name: 'nesterov',
    title: "SGD with Nesterov's momentum",
    description: 'Momentum whose gradient is taken a step ahead.',
    parameters: { momentum: MOMENTUM },
    create: ({ momentum }) => nesterov(momentum),
  }),
  defineOptimizer({
    name: 'rmsprop',
    title: 'RMSProp',
    description:
      "Steps divided by the root of the gradient's mean square, with momentum: the optimizer of Inception v3 and of Kurakin et al. 2016.",
    parameters: { decay: share(0.9, 'Share of the mean square that is kept.'), momentum: MOMENTUM, epsilon: epsilon(1) },
    create: ({ decay, momentum, epsilon }) => rmsprop(decay, momentum, epsilon),
  }),
  defineOptimizer({
    name: 'adam',
    title: 'Adam',
    description: 'Steps by the running mean of the gradient over the root of its mean square.',
    parameters: ADAM,
    create: ({ beta1, beta2, epsilon }) => adam(beta1, beta2, epsilon),
  }),
  defineOptimizer({
    name: 'adamw',
    title: 'AdamW',
    description: 'Adam with the decay of weights beside the step.',
    parameters: {
      weightDecay: real({
        default: 0.01,
        minimum: 0,
        maximum: 10,
        description: 'Share of a weight that it loses in a step of learning rate 1.',
      }),
      ...ADAM,
    },
    create: ({ weightDecay, beta1, beta2, epsilon }) => adamw(weightDecay, beta1, beta2, epsilon),
  }),
];

/** @throws ComputeError INVALID_TRAINING, naming the optimizers that there are. */
export function findOptimizer(name: string): OptimizerDefinition {
  return findNamed(optimizers, name, 'INVALID_TRAINING', 'optimizer');
}
