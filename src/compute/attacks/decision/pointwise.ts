/**
 * Pointwise attack (Schott et al. 2019): from an image with salt-and-pepper noise, sets one changed value after the other back to the original's, where the image stays
 * on the wrong side; then brings what is left as near to it as it may be.
 * @module
 */
import { boolean, integer } from '../../parameters/index.js';
import { type RandomStream, shuffledIndices } from '../../random.js';
import { l0Budget } from '../core/budgets.js';
import { defineAttack } from '../core/definition.js';
import { smallestChange } from '../core/minimum-norm.js';
import { L0_CAP } from '../core/parameters.js';
import { hostLengthIn } from '../norms/lengths.js';
import { prepareReferences } from './decision-start.js';
import { decisionParameters } from './decisions.js';
import { type OneExample, searchFromStarts } from './per-example.js';
import { nearestNoise } from './salt-and-pepper.js';
import { type Asking, isReachedBy } from './together.js';

const PARAMETERS = {
  ...decisionParameters(20_000),
  noiseTries: integer({
    default: 1000,
    minimum: 0,
    maximum: 10_000,
    description:
      "Images with salt-and-pepper noise that are asked about, for the nearest that fools the model to start from; at most half of the queries. Without one, or towards a target, the start is noise or an image of the data set. The default is Foolbox's.",
  }),
  refine: boolean({
    default: true,
    description:
      "Whether values that cannot be set back are then brought near the original's by bisection, which shortens the change in L2. The default is Foolbox's.",
  }),
};

export const pointwise = defineAttack({
  kind: 'POINTWISE',
  name: 'pointwise',
  title: 'Pointwise attack',
  description: 'Sets values of a noisy image back to the original one after the other, for the fewest changed values. Uses decisions only.',
  access: 'DECISION',
  norms: ['L0'],
  targeted: true,
  reference: {
    title: 'Towards the first adversarially robust neural network model on MNIST',
    authors: 'Schott, Rauber, Bethge, Brendel',
    year: 2019,
    link: 'arXiv:1805.09190',
  },
  parameters: { epsilon: L0_CAP, ...PARAMETERS },
  budget: l0Budget,
  prepare: prepareReferences,
  run(task, { epsilon, noiseTries, refine, ...values }) {
    const [, , channels] = task.model.spec.inputShape;
    return smallestChange(task, l0Budget({ epsilon }), 1, (left) =>
      searchFromStarts(left, task.prepared, {
        ...values,
        purpose: 'pointwise',
        lengthOf: hostLengthIn.L0,
        *search(example) {
          if (!left.targets) yield* nearestNoise(example, Math.min(noiseTries, Math.floor(example.left() / 2)), channels);
          yield* setBack(example, refine);
        },
      }),
    );
  },
});

/** Halvings of the way of a value towards the original; as in Foolbox. */
const HALVINGS = 10;

const shuffle = (stream: RandomStream, places: readonly number[]) =>
  Array.from(shuffledIndices(stream, places.length), (at) => places[at]!);

function* setBack({ original, best, stream }: OneExample, refine: boolean): Asking {
  const changed = () => [...best.keys()].filter((p) => best[p] !== original[p]);
  for (let hasMoved = true; hasMoved;) {
    hasMoved = false;
    for (const p of shuffle(stream, changed())) {
      if (!(yield* withValue(p, original[p]!))) continue;
      best[p] = original[p]!;
      hasMoved = true;
    }
  }
  for (let hasMoved = refine; hasMoved;) {
    hasMoved = false;
    for (const p of shuffle(stream, changed())) {
      const before = best[p]!;
      if (yield* withValue(p, original[p]!)) best[p] = original[p]!;
      else best[p] = yield* nearest(p, before);
      hasMoved ||= best[p] !== before;
    }
  }

  function withValue(p: number, value: number): Asking<boolean> {
    return isReachedBy((image) => {
      image.set(best);
      image[p] = value;
    });
  }

  function* nearest(p: number, from: number): Asking<number> {
    let [wrong, right] = [from, original[p]!];
    for (let halving = 0; halving < HALVINGS; halving++) {
      const middle = Math.fround((wrong + right) / 2);
      if (yield* withValue(p, middle)) wrong = middle;
      else right = middle;
    }
    return wrong;
  }
}
