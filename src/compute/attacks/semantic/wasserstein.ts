/**
 * Wasserstein adversarial examples (Wong, Schmidt & Kolter 2019): gradient steps, each followed by a projection onto the images that the original becomes when its
 * brightness is moved a little. The radius grows while the image is not fooled.
 * @module
 */
import type { Budget } from '../../distances/index.js';
import { choice, integer, magnitude, real } from '../../parameters/index.js';
import { floats, gather } from '../../tensors/index.js';
import { defineAttack } from '../core/definition.js';
import { aim } from '../core/goal.js';
import { imageSize, row } from '../core/image-arrays.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { logOddsLoss } from '../core/losses.js';
import { SMALLEST_STEP } from '../core/parameters.js';
import { projectedGradient } from '../core/projected-gradient.js';
import { Survivors } from '../core/survivors.js';
import { L2 } from '../norms/l2.js';
import { LINF } from '../norms/linf.js';
import { localCost, projectedSinkhorn } from './projected-sinkhorn.js';

const NO_BUDGET: Budget = { norm: 'LINF', epsilon: Infinity };

export const wasserstein = defineAttack({
  kind: 'WASSERSTEIN',
  name: 'wasserstein',
  title: 'Wasserstein PGD',
  description:
    'Moves brightness by a few pixels, by gradient steps and projections onto a Wasserstein ball, whose radius grows while the image is not fooled. It has no budget in a norm; distances are measured as they are. Images of 8 bits have their sum of brightness but for rounding.',
  access: 'GRADIENT',
  norms: ['LINF'],
  distance: 'WASSERSTEIN',
  targeted: true,
  reference: {
    title: 'Wasserstein Adversarial Examples via Projected Sinkhorn Iterations',
    authors: 'Wong, Schmidt, Kolter',
    year: 2019,
    link: 'arXiv:1902.07906',
  },
  parameters: {
    radius: real({
      default: 0.01,
      minimum: 1e-9,
      maximum: 1e6,
      description:
        "Radius of the ball at first: 0.1 is a tenth of all brightness, moved by one pixel. The default is that of the authors' code.",
    }),
    growth: real({
      default: 1.1,
      minimum: 1,
      maximum: 100,
      description: "What the radius of images that are not fooled is multiplied by. 1: it stays. The default is the authors'.",
    }),
    growthSteps: integer({
      default: 10,
      minimum: 1,
      maximum: 10_000,
      description: "Steps after which it grows. The default is the authors'.",
    }),
    steps: integer({ default: 400, minimum: 1, maximum: 10_000, description: "Number of steps. The default is the authors'." }),
    stepNorm: choice({
      enumName: 'WassersteinStep',
      values: { LINF: 'By α for each pixel value.', L2: 'By α in L2.' },
      default: 'LINF',
      description: "How steps are taken before they are projected. The default is that of the authors' experiments.",
    }),
    alpha: magnitude({
      default: 0.1,
      minimum: SMALLEST_STEP,
      maximum: 1000,
      description: "α: length of a step. The default is the authors'.",
    }),
    kernelSide: integer({
      default: 5,
      minimum: 3,
      maximum: 99,
      description: "Side of the square within which brightness moves, in pixels; one more where it is even. The default is the authors'.",
    }),
    power: real({
      default: 2,
      minimum: 0.1,
      maximum: 10,
      description:
        "What the distance is raised to, in pixels, for the cost of moving. The authors' experiments have 2, as is said; 1 is the distance itself.",
    }),
    regularization: real({
      default: 1000,
      minimum: 1,
      maximum: 1e6,
      description: "λ: weight of the projection's distance against the entropy. The default is the authors'.",
    }),
    sinkhornSteps: integer({
      default: 400,
      minimum: 1,
      maximum: 100_000,
      description: "Most iterations of a projection, which ends where it has converged. The default is the authors'.",
    }),
    ...TARGET_PARAMETERS,
  },
  budget: () => NO_BUDGET,
  async run(task, { radius, growth, growthSteps, steps, stepNorm, alpha, kernelSide, power, regularization, sinkhornSteps }) {
    const { inputShape } = task.model.spec;
    const cost = localCost(kernelSide | 1, power);
    // The ball is another one.
    const norm = { ...(stepNorm === 'L2' ? L2 : LINF), project: (x: Parameters<typeof LINF.project>[0]) => x };
    const loss = { name: `cross-entropy.${stepNorm}`, of: logOddsLoss };
    const survivors = new Survivors(task, NO_BUDGET);
    const distances = new Float32Array(task.labels.length);
    let [current, grown] = [survivors.task().images, radius];
    for (let step = 1; step <= steps && survivors.count > 0; step++) {
      const left = survivors.task();
      const plan = { ...aim(left), norm, loss, epsilon: 1, alpha, steps: 1, start: current };
      const found = await projectedGradient(left, plan);
      survivors.spend(found.queries, found.gradients);
      const size = imageSize(left.images);
      const options = { cost, radius: grown, regularization, iterations: sinkhornSteps };
      for (let i = 0; i < left.labels.length; i++) {
        const image = row(floats(found.images), size, i);
        const projected = projectedSinkhorn(row(floats(left.images), size, i), image, inputShape, options);
        image.set(projected.map((value) => Math.min(1, Math.max(0, value))));
      }
      for (const i of survivors.undonePositions) distances[i] = grown;
      const staying = await survivors.release(found.images);
      current = gather(found.images, staying);
      if (step % growthSteps === 0) grown *= growth;
    }
    return { ...survivors.output(), distances };
  },
});
