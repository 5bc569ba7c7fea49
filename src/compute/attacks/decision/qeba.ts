/** QEBA (Li et al. 2020): HopSkipJump whose probes are smooth, so that fewer of them tell the boundary's normal. @module */
import { choice, real, type ValuesOf } from '../../parameters/index.js';
import type { RandomStream } from '../../random.js';
import { l2Budget } from '../core/budgets.js';
import { cosineTransform } from '../core/cosine-basis.js';
import { defineAttack } from '../core/definition.js';
import { smallestChange } from '../core/minimum-norm.js';
import { fillNormal } from '../core/normal-noise.js';
import { L2_CAP } from '../core/parameters.js';
import { prepareReferences } from './decision-start.js';
import { HOP_SKIP_JUMP_PARAMETERS, HopSkipJump, L2_SEARCH } from './hop-skip-jump.js';

const SUBSPACE = {
  subspace: choice({
    enumName: 'QebaSubspace',
    values: {
      SPATIAL: 'Noise of a smaller image, made larger by bilinear interpolation: QEBA-S.',
      FREQUENCY: 'Low frequencies of the discrete cosine transform: QEBA-F.',
    },
    default: 'SPATIAL',
    description: 'What probes are made of. QEBA-I, which learns it from gradients of another model, is left out.',
  }),
  factor: real({
    default: 4,
    minimum: 1,
    maximum: 64,
    description: 'By how much smaller the subspace is along each side. The paper takes 4.',
  }),
};

export const qeba = defineAttack({
  kind: 'QEBA',
  name: 'qeba',
  title: 'QEBA',
  description: 'HopSkipJump in L2 with probes of a smooth subspace: the normals of the boundary take fewer queries. Uses decisions only.',
  access: 'DECISION',
  norms: ['L2'],
  targeted: true,
  reference: {
    title: 'QEBA: Query-Efficient Boundary-Based Blackbox Attack',
    authors: 'Li, Xu, Zhang, Yang, Li',
    year: 2020,
    link: 'arXiv:2005.14137',
  },
  parameters: { epsilon: L2_CAP, ...SUBSPACE, ...HOP_SKIP_JUMP_PARAMETERS },
  budget: l2Budget,
  prepare: prepareReferences,
  run(task, { epsilon, subspace, factor, ...values }) {
    const fill = smoothNoise(task.model.spec.inputShape, { subspace, factor });
    return smallestChange(task, l2Budget({ epsilon }), 1, (left) =>
      new HopSkipJump(left, values, task.prepared, { ...L2_SEARCH, fill }).run(),
    );
  },
});

type ImageShape = readonly [number, number, number];

/** Fills an image with noise of the subspace. */
function smoothNoise(shape: ImageShape, { subspace, factor }: ValuesOf<typeof SUBSPACE>) {
  const [height, width, channels] = shape;
  const [rows, columns] = [Math.max(1, Math.round(height / factor)), Math.max(1, Math.round(width / factor))];
  const transform = cosineTransform(shape, Math.max(rows, columns));
  const expand = subspace === 'FREQUENCY' ? transform.backward : (small: Float32Array) => enlarged(small, [rows, columns, channels], shape);
  const count = subspace === 'FREQUENCY' ? transform.rows * transform.columns * channels : rows * columns * channels;
  return (stream: RandomStream, noise: Float32Array): void => {
    const small = new Float32Array(count);
    fillNormal(stream, small);
    noise.set(expand(small));
  };
}

/** Bilinear interpolation between the middles of pixels. */
function enlarged(small: Float32Array, [rows, columns, channels]: ImageShape, [height, width]: ImageShape): Float32Array {
  const [down, across] = [places(rows, height), places(columns, width)];
  const large = new Float32Array(height * width * channels);
  for (const [y, [top, bottom, low]] of down.entries()) {
    for (const [x, [left, right, near]] of across.entries()) {
      for (let c = 0; c < channels; c++) {
        const at = (row: number, column: number) => small[(row * columns + column) * channels + c]!;
        const above = (1 - near) * at(top, left) + near * at(top, right);
        const below = (1 - near) * at(bottom, left) + near * at(bottom, right);
        large[(y * width + x) * channels + c] = (1 - low) * above + low * below;
      }
    }
  }
  return large;
}

/** Two neighbours of each place along an axis, and the weight of the second. */
function places(from: number, to: number): (readonly [number, number, number])[] {
  return Array.from({ length: to }, (_, at) => {
    const source = Math.min(from - 1, Math.max(0, ((at + 0.5) * from) / to - 0.5));
    const first = Math.floor(source);
    return [first, Math.min(from - 1, first + 1), source - first] as const;
  });
}
