/** Benchmarks that come with the server, each made when a data set for it is there. @module */
import { findAttack } from '../../compute/attacks/index.js';
import type { Dataset, Judging, Norm } from '../../storage/generated/client.js';
import type { RequestedAttack } from '../evaluation/evaluation-request.js';

export interface ShippedBenchmark {
  readonly name: string;
  readonly title: string;
  readonly rules: string;
  /** Whether it can be on a data set. */
  readonly isOn: (dataset: Pick<Dataset, 'format' | 'split'>) => boolean;
  readonly norm: Norm;
  readonly epsilon: number;
  readonly attacks: readonly RequestedAttack[];
  /** The first so many examples; all, where there are fewer. */
  readonly sampleCount: number;
  readonly judging: Judging;
}

const RULES = (data: string) =>
  `Any classifier of ${data}. It must not be trained on the test set, and should answer the same way to the same image; where it does not, \`predictions\` of its answers decide.

An example counts as right if it is so on the original image and under every attack. Networks whose gradients are masked are ranked after all others: see their findings.`;

const autoAttack = (norm: 'LINF' | 'L2', epsilon: number): RequestedAttack => ({
  definition: findAttack(`AUTO_ATTACK_${norm}`),
  parameters: { epsilon },
});

const testSet = (format: string) => (dataset: Pick<Dataset, 'format' | 'split'>) => dataset.format === format && dataset.split === 'TEST';

/** The attacks of Kurakin, Goodfellow and Bengio 2017 with one step, at their budgets. */
const ONE_STEP = [2, 4, 8, 16].flatMap((levels) =>
  ['FGSM', 'STEP_LL'].map((kind): RequestedAttack => ({ definition: findAttack(kind), parameters: { epsilon: levels / 255 } })),
);

export const SHIPPED: readonly ShippedBenchmark[] = [
  {
    name: 'mnist-linf-0.3',
    title: 'MNIST, L∞, ε = 0.3',
    rules: RULES('MNIST'),
    isOn: testSet('mnist'),
    norm: 'LINF',
    epsilon: 0.3,
    attacks: [autoAttack('LINF', 0.3)],
    sampleCount: 1000,
    judging: 'STORED',
  },
  {
    name: 'fashion-mnist-linf-0.1',
    title: 'Fashion-MNIST, L∞, ε = 0.1',
    rules: RULES('Fashion-MNIST'),
    isOn: testSet('fashion-mnist'),
    norm: 'LINF',
    epsilon: 0.1,
    attacks: [autoAttack('LINF', 0.1)],
    sampleCount: 1000,
    judging: 'STORED',
  },
  {
    name: 'cifar10-linf-8/255',
    title: 'CIFAR-10, L∞, ε = 8/255, as on RobustBench',
    rules: RULES('CIFAR-10'),
    isOn: testSet('cifar10'),
    norm: 'LINF',
    epsilon: 8 / 255,
    attacks: [autoAttack('LINF', 8 / 255)],
    sampleCount: 10_000,
    judging: 'FLOAT',
  },
  {
    name: 'cifar10-l2-0.5',
    title: 'CIFAR-10, L2, ε = 0.5, as on RobustBench',
    rules: RULES('CIFAR-10'),
    isOn: testSet('cifar10'),
    norm: 'L2',
    epsilon: 0.5,
    attacks: [autoAttack('L2', 0.5)],
    sampleCount: 10_000,
    judging: 'FLOAT',
  },
  {
    name: 'imagenet-linf-4/255',
    title: 'ImageNet, L∞, ε = 4/255, as on RobustBench',
    rules: RULES('ImageNet'),
    isOn: ({ format }) => format === 'imagenet-224',
    norm: 'LINF',
    epsilon: 4 / 255,
    attacks: [autoAttack('LINF', 4 / 255)],
    sampleCount: 5000,
    judging: 'FLOAT',
  },
  {
    name: 'imagenet-one-step-16/255',
    title: 'ImageNet, one-step attacks with ε = 2 to 16 of 255 (Kurakin, Goodfellow and Bengio 2017)',
    rules: RULES('ImageNet at 299×299'),
    isOn: ({ format }) => format === 'imagenet',
    norm: 'LINF',
    epsilon: 16 / 255,
    attacks: ONE_STEP,
    sampleCount: 50_000,
    judging: 'STORED',
  },
];
