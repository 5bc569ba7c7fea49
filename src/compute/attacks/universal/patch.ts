/**
 * Adversarial patch (Brown et al. 2017): a disc that is pasted over a part of the image, and fools the model wherever it is, at whatever angle and size.
 * Learned over random places (expectation over transformation, Athalye et al. 2018, arXiv 1707.07397).
 * @module
 */
import type { Budget } from '../../distances/index.js';
import { real, type ValuesOf } from '../../parameters/index.js';
import type { RandomStream } from '../../random.js';
import type { HostTensor } from '../../tensors/index.js';
import { type AttackTask, defineAttack } from '../core/definition.js';
import { applyLearned, learn, UNIVERSAL_PERTURBATION_PARAMETERS, type UniversalPerturbation } from './universal-perturbation.js';

const PLACEMENT = {
  share: real({
    default: 0.1,
    minimum: 0.001,
    maximum: 0.7,
    description: 'Share of the image that the patch covers at its largest.',
  }),
  rotation: real({
    default: 22.5,
    minimum: 0,
    maximum: 180,
    description: 'Most degrees by which it is turned, either way.',
  }),
  smallest: real({
    default: 0.8,
    minimum: 0.1,
    maximum: 1,
    description: 'Smallest diameter, as a share of the largest.',
  }),
};

type Placement = ValuesOf<typeof PLACEMENT>;

/** Adam's steps, in units of the pixel range. */
const RATE = 0.05;

/** Any pixel of the patch may have any value; how many there are is up to its size. */
const BUDGET: Budget = { norm: 'L0', epsilon: Infinity };

export const patch = defineAttack({
  kind: 'PATCH',
  name: 'patch',
  title: 'Adversarial patch',
  description:
    'A disc pasted over a random part of every image, learned from the last images of the data set before the first is attacked; what that costs is not in the counts of queries.',
  access: 'GRADIENT',
  norms: ['L0'],
  targeted: true,
  reference: {
    title: 'Adversarial Patch',
    authors: 'Brown, Mané, Roy, Abadi, Gilmer',
    year: 2017,
    link: 'arXiv:1712.09665',
  },
  parameters: { ...PLACEMENT, ...UNIVERSAL_PERTURBATION_PARAMETERS },
  budget: () => BUDGET,
  async prepare({ examples }, parameters) {
    const task = await examples(parameters.trainingCount);
    const side = Math.ceil(diameterOf(task, parameters));
    const [, , channels] = task.model.spec.inputShape;
    const change: UniversalPerturbation = {
      start: new Float32Array(side * side * channels).fill(0.5),
      rate: RATE,
      apply(values, batch, purpose) {
        const locations = locationsOf(batch, parameters, purpose);
        return { images: pasted(batch, values, locations), backward: (gradient) => gathered(batch, values, locations, gradient) };
      },
      project: (values) => values.forEach((value, p) => (values[p] = Math.min(1, Math.max(0, value)))),
    };
    return learn(task, parameters, change);
  },
  run: (task, parameters) =>
    applyLearned(task, BUDGET, (left, values) => pasted(left, values, locationsOf(left, parameters, 'patch.place'))),
});

/** Where a patch is: its middle in pixels, its diameter, and by how much it is turned, in radians. */
interface Location {
  readonly row: number;
  readonly column: number;
  readonly diameter: number;
  readonly angle: number;
}

/** Of the largest patch, which is no wider than the image. */
function diameterOf({ model }: AttackTask, { share }: Placement): number {
  const [height, width] = model.spec.inputShape;
  return Math.min(height, width, 2 * Math.sqrt((share * height * width) / Math.PI));
}

function locationsOf(task: AttackTask, parameters: Placement, purpose: string): Location[] {
  const largest = diameterOf(task, parameters);
  return Array.from(task.labels, (_, i) => drawLocation(task, parameters, largest, task.random.stream(i, purpose)));
}

function drawLocation({ model }: AttackTask, { rotation, smallest }: Placement, largest: number, stream: RandomStream): Location {
  const [height, width] = model.spec.inputShape;
  const diameter = largest * (smallest + (1 - smallest) * stream.uniform());
  const middle = (size: number) => diameter / 2 + (size - diameter) * stream.uniform();
  const angle = (rotation / 180) * Math.PI * (2 * stream.uniform() - 1);
  return { row: middle(height), column: middle(width), diameter, angle };
}

function pasted({ images, model }: AttackTask, patch: Float32Array, locations: readonly Location[]): HostTensor {
  const [, , channels] = model.spec.inputShape;
  const data = Float32Array.from(images.data);
  forEachTap(model.spec.inputShape, patch, locations, (pixel, texel, weight, isFirst) => {
    for (let c = 0; c < channels; c++) data[pixel + c] = (isFirst ? 0 : data[pixel + c]!) + weight * patch[texel + c]!;
  });
  return { dtype: 'float32', shape: images.shape, data };
}

/** The transpose of {@link pasted}. */
function gathered({ model }: AttackTask, patch: Float32Array, locations: readonly Location[], gradient: Float32Array): Float32Array {
  const [, , channels] = model.spec.inputShape;
  const sum = new Float32Array(patch.length);
  forEachTap(model.spec.inputShape, patch, locations, (pixel, texel, weight) => {
    for (let c = 0; c < channels; c++) sum[texel + c]! += weight * gradient[pixel + c]!;
  });
  return sum;
}

/**
 * Bilinear sampling: every pixel under a patch mixes four of the patch's.
 * @param visit is given the offsets of the pixel's and of the patch's first channel. `isFirst` of the pixel's four.
 */
function forEachTap(
  [height, width, channels]: readonly [number, number, number],
  patch: Float32Array,
  locations: readonly Location[],
  visit: (pixel: number, texel: number, weight: number, isFirst: boolean) => void,
): void {
  const side = Math.round(Math.sqrt(patch.length / channels));
  for (const [i, { row, column, diameter, angle }] of locations.entries()) {
    const [sine, cosine, scale] = [Math.sin(angle), Math.cos(angle), (side - 1) / diameter];
    for (let y = Math.floor(row - diameter / 2); y < row + diameter / 2; y++) {
      for (let x = Math.floor(column - diameter / 2); x < column + diameter / 2; x++) {
        const [dy, dx] = [y + 0.5 - row, x + 0.5 - column];
        if (y < 0 || x < 0 || y >= height || x >= width || dy * dy + dx * dx > (diameter / 2) ** 2) continue;
        const [v, u] = [(cosine * dy - sine * dx + diameter / 2) * scale, (cosine * dx + sine * dy + diameter / 2) * scale];
        const [v0, u0] = [Math.min(Math.floor(v), Math.max(0, side - 2)), Math.min(Math.floor(u), Math.max(0, side - 2))];
        const pixel = ((i * height + y) * width + x) * channels;
        for (let tap = 0; tap < 4; tap++) {
          const [down, right] = [tap >> 1, tap & 1];
          const weight = (down ? v - v0 : 1 - v + v0) * (right ? u - u0 : 1 - u + u0);
          const texel = (Math.min(v0 + down, side - 1) * side + Math.min(u0 + right, side - 1)) * channels;
          visit(pixel, texel, weight, tap === 0);
        }
      }
    }
  }
}
