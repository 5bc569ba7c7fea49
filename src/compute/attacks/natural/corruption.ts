/** Common corruptions: nobody attacks, and images are worse than those that the model was trained on (Hendrycks and Dietterich 2019). @module */
import { checkCorruption, corrupted, corruptions } from '../../data/index.js';
import { fromStored, toLevels } from '../../distances/index.js';
import { choice, integer, type ValuesOf } from '../../parameters/index.js';
import { floats, type ImageShape } from '../../tensors/index.js';
import { type AttackOutput, type AttackTask, defineAttack } from '../core/definition.js';

const PARAMETERS = {
  kind: choice({
    enumName: 'CorruptionKind',
    values: Object.fromEntries(corruptions.map(({ kind, description }) => [kind, description])),
    default: 'GAUSSIAN_NOISE',
    description: 'What happens to the image.',
  }),
  severity: integer({ default: 3, minimum: 1, maximum: 5, description: 'How much of it, as the paper has it.' }),
  scale: choice({
    enumName: 'CorruptionScale',
    values: {
      AUTO: 'That of the nearest size: CIFAR below 45 pixels, TINY_IMAGENET below 120, else IMAGENET.',
      CIFAR: 'CIFAR-10-C: 32 × 32 pixels.',
      TINY_IMAGENET: 'Tiny ImageNet-C: 64 × 64 pixels.',
      IMAGENET: 'ImageNet-C: 224 × 224 pixels.',
    },
    default: 'AUTO',
    description: 'Which of the published tables says what a severity means.',
  }),
};

export const corruption = defineAttack({
  kind: 'CORRUPTION',
  name: 'corruption',
  title: 'Common corruption',
  description:
    'Noise, blur, weather or compression of a severity, as in CIFAR-10-C and ImageNet-C: no attack. It has no budget, and counts in no worst case; `corruptionSummary` has the mean corruption error.',
  access: 'NONE',
  norms: ['LINF'],
  targeted: false,
  isNatural: true,
  reference: {
    title: 'Benchmarking Neural Network Robustness to Common Corruptions and Perturbations',
    authors: 'Hendrycks, Dietterich',
    year: 2019,
    link: 'arXiv:1903.12261',
  },
  parameters: PARAMETERS,
  budget({ kind }, [height, width, channels]) {
    checkCorruption(kind, [height!, width!, channels!]);
    return { norm: 'LINF', epsilon: Infinity };
  },
  run,
});

async function run(
  { images, labels, random, signal }: AttackTask,
  { kind, severity, scale }: ValuesOf<typeof PARAMETERS>,
): Promise<AttackOutput> {
  const [n, ...shape] = images.shape as readonly [number, ...ImageShape];
  const originals = toLevels(floats(images));
  const size = originals.length / Math.max(1, n);
  const changed = new Uint8Array(originals.length);
  const step = { kind, severity, ...(scale !== 'AUTO' && { scale }) };
  for (let i = 0; i < n; i++) {
    signal?.throwIfAborted();
    const stream = random.stream(i, `corruption.${kind}.${severity}`);
    changed.set(await corrupted(originals.subarray(i * size, (i + 1) * size), shape, step, stream), i * size);
  }
  return { images: fromStored(changed, images.shape), queries: new Int32Array(labels.length), gradients: new Int32Array(labels.length) };
}
