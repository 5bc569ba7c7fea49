/**
 * ILA, the intermediate level attack (Huang et al. 2019): MI-FGSM, and then steps from the original image that move what a layer outputs as far as can be in the
 * direction that MI-FGSM moved it, whatever that does to the loss.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../errors.js';
import { differentiable, type DifferentiableModel } from '../../models/index.js';
import { choice, integer, real, type ValuesOf } from '../../parameters/index.js';
import { type HostTensor, sizeOf } from '../../tensors/index.js';
import { linfBudget } from '../core/budgets.js';
import { type AttackedModel, type AttackOutput, type AttackTask, defineAttack } from '../core/definition.js';
import { constant } from '../core/projected-gradient.js';
import { LINF } from '../norms/linf.js';
import { TINY } from '../norms/reduce.js';
import { transferAttack, transferParameters } from './transfer-attack.js';

/** Keeps the slope of a root finite where nothing has moved yet. */
const SMALLEST_SQUARE = 1e-12;

const PARAMETERS = {
  ...transferParameters(1),
  refinements: integer({
    default: 10,
    minimum: 1,
    maximum: 10_000,
    description: "Number of steps on the layer. The default is the authors'.",
  }),
  depth: real({
    default: 0.5,
    minimum: 0,
    maximum: 1,
    description:
      'Where the layer is, as a share of the layers that everything passes on its way to the scores. 0 is the first, 1 the last.',
  }),
  layer: integer({
    minimum: 0,
    maximum: 100_000,
    description:
      'The layer by its number among those, counted from 0; a number that there is none of is refused with their names. Overrides `depth`.',
  }),
  projection: choice({
    enumName: 'LayerObjective',
    values: {
      PROJECTION: 'How far the layer moves along the direction (ILAP).',
      ANGLE_AND_LENGTH: 'The cosine of the angle to the direction, and `lengthWeight` times the length (ILAF).',
    },
    default: 'PROJECTION',
    description: 'What the steps on the layer raise.',
  }),
  lengthWeight: real({
    default: 1,
    minimum: 0,
    maximum: 1000,
    description: "α: weight of the length in ANGLE_AND_LENGTH, in units of that of MI-FGSM. The default is the authors'.",
  }),
};

type Values = ValuesOf<typeof PARAMETERS>;

export const ila = defineAttack({
  kind: 'ILA',
  name: 'ila',
  title: 'ILA',
  description:
    'Intermediate level attack: MI-FGSM, then steps from the image that move the output of a layer inside the network as far as can be in the same direction, which transfer better to other models.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: true,
  readsLayers: true,
  reference: {
    title: 'Enhancing Adversarial Example Transferability with an Intermediate Level Attack',
    authors: 'Huang, Katsman, He, Gu, Belongie, Lim',
    year: 2019,
    link: 'arXiv:1907.10823',
  },
  parameters: PARAMETERS,
  budget: linfBudget,
  async run(task, values) {
    const layer = featuresOf(differentiable(task.model), values);
    const guide = await transferAttack(task, values);
    const refined = await alongLayer(task, task.on(layer), guide.images, values);
    // The layer of the image and of the guide, too.
    return {
      images: refined,
      queries: guide.queries.map((count) => count + 2 + values.refinements),
      gradients: guide.gradients.map((count) => count + values.refinements),
    } satisfies AttackOutput;
  },
});

/**
 * The network up to a layer, as a model whose scores are what that outputs.
 * @throws ComputeError UNSUPPORTED_OPERATION where no layer is known, INVALID_ATTACK where there is none of this number.
 */
export function featuresOf(model: DifferentiableModel, { layer, depth }: Pick<Values, 'layer' | 'depth'>): DifferentiableModel {
  const { inner } = model;
  if (!inner || inner.names.length === 0) {
    throw new ComputeError(
      'UNSUPPORTED_OPERATION',
      'No layer inside the model is known that everything passes on its way to the scores. Choose an attack that needs none, such as MI_FGSM.',
      ['kind'],
    );
  }
  const { names } = inner;
  const chosen = layer ?? Math.min(names.length - 1, Math.floor(depth * names.length));
  if (chosen >= names.length) {
    const listed = names.map((name, at) => `${at} ${name}`).join(', ');
    throw new ComputeError('INVALID_ATTACK', `layer is ${chosen}; the model has the layers ${listed}.`, ['layer']);
  }
  return { ...model, fingerprint: `${model.fingerprint}.layer.${chosen}`, apply: inner.at(chosen) };
}

/** Steps from the images. @param layer whose outputs are followed. @param guide images that say in which direction. */
async function alongLayer(task: AttackTask, layer: AttackedModel, guide: HostTensor, values: Values): Promise<HostTensor> {
  const { epsilon, steps, alpha = epsilon / steps, projection, refinements, lengthWeight } = values;
  const n = task.labels.length;
  const image = { dtype: 'float32', shape: task.images.shape.slice(1) } as const;
  const outputs = await layer.compile('layer', { x: image }, (features, { x }) => ({ features: features(x as tf.Tensor4D) }));
  const at = async (x: HostTensor) => (await outputs.run({ x }, { signal: task.signal }))['features']!;
  const [still, moved] = [await at(task.images), await at(guide)];
  const rows = { dtype: 'float32', shape: [sizeOf(still.shape.slice(1))] } as const;
  const perExample = { dtype: 'float32', shape: [1, 1, 1] } as const;
  const step = await layer.compile(
    projection,
    {
      ...{ original: image, adversarial: image, still: rows, moved: rows },
      ...{ epsilon: perExample, step: perExample, weight: perExample },
    },
    (features, given) => {
      const { original, adversarial, still: from, moved: to, epsilon: budget, step: size, weight } = given;
      const direction = ofLengthOne(tf.sub(to!, from!));
      const raised = (x: tf.Tensor) => {
        const change = tf.sub(features(x as tf.Tensor4D), from!);
        const along = tf.sum(tf.mul(change, direction), 1);
        if (projection === 'PROJECTION') return tf.sum(along);
        const length = tf.sqrt(tf.add(tf.sum(tf.square(change), 1), SMALLEST_SQUARE));
        const guided = tf.maximum(tf.sqrt(tf.sum(tf.square(tf.sub(to!, from!)), 1)), TINY);
        return tf.sum(tf.add(tf.div(along, length), tf.mul(tf.reshape(weight!, [-1]), tf.div(length, guided))));
      };
      const gradient = tf.grad(raised)(adversarial!);
      return { adversarial: LINF.project(tf.add(adversarial!, tf.mul(size!, LINF.steepest(gradient, adversarial!))), original!, budget!) };
    },
  );
  const fixed = {
    original: task.images,
    still,
    moved,
    epsilon: constant(n, epsilon),
    step: constant(n, alpha),
    weight: constant(n, lengthWeight),
  };
  const feedback = { adversarial: 'adversarial' };
  const { adversarial } = await step.run({ ...fixed, adversarial: task.images }, { repeat: refinements, feedback, signal: task.signal });
  return adversarial!;
}

/** Rows, each over its length. A row of zeros stays one. @param rows `[n, values]`. */
function ofLengthOne(rows: tf.Tensor): tf.Tensor {
  const large = tf.div(rows, tf.maximum(tf.max(tf.abs(rows), 1, true), TINY));
  return tf.div(large, tf.maximum(tf.sqrt(tf.sum(tf.square(large), 1, true)), TINY));
}
