/** Layers around other layers. @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../errors.js';
import type { Attributes } from '../../dataflow/attributes.js';
import { Call } from '../../dataflow/operator.js';
import { Value } from '../../dataflow/value.js';
import { computes, type KerasLayer, type LayerTable, type Shape } from '../layer.js';

/** Setting of a wrapper that names the class inside; the other settings are those of the layer inside. */
export const INNER_CLASS = 'inner_class';

const withoutSteps = ([batch, , ...rest]: Shape): Shape => [batch!, ...rest];

/** A layer of `table`, applied to each step of the second axis. */
export function timeDistributed(table: LayerTable): KerasLayer {
  const inner = (settings: Attributes) => table[settings.string(INNER_CLASS)]!;
  return {
    rank: [3, Infinity],
    mask: 'PASSED',
    // A mask of dropout has no place for steps.
    randomInTraining: (settings) =>
      settings.string(INNER_CLASS) === 'Dropout' ? 'TimeDistributed Dropout' : inner(settings).randomInTraining?.(settings),
    weights: (settings, input, inputs) => inner(settings).weights?.(settings, withoutSteps(input), inputs.map(withoutSteps)) ?? [],
    dilatedSize: (settings, input) => inner(settings).dilatedSize?.(settings, withoutSteps(input)) ?? 0,
    outputShape(settings, [input]) {
      const shape = inner(settings).outputShape(settings, [withoutSteps(input!)]);
      if (Array.isArray(shape[0])) throw new ComputeError('INVALID_MODEL', 'the layer inside has several outputs');
      const [batch, ...rest] = shape as Shape;
      return [batch!, input![1]!, ...rest];
    },
    ...computes((call) => {
      const layer = inner(call.attributes);
      const x = call.input(0).plain;
      const steps = tf.unstack(tf.transpose(x, [1, 0, ...x.shape.slice(2).map((_, i) => i + 2)]));
      const outputs = steps.map((step) => {
        const [y] = [layer.run(new Call(call.node, [Value.plain(step), ...call.inputs.slice(1)], call.environment))].flat();
        return (y as Value).plain;
      });
      return tf.stack(outputs, 1);
    }),
  };
}

/** How the outputs of a recurrent layer and of its reverse become one. */
const MERGED: Readonly<Record<string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor>> = {
  ave: (a, b) => tf.mul(0.5, tf.add(a, b)),
  concat: (a, b) => tf.concat([a, b], -1),
  mul: (a, b) => tf.mul(a, b),
  sum: (a, b) => tf.add(a, b),
};

/** The second half of a bidirectional layer: merges what came out of one recurrent layer and of its reverse. */
export const bidirectional: KerasLayer = {
  mask: 'PASSED',
  minimumInputs: 2,
  outputShape(settings, [output]) {
    const mode = settings.string('merge_mode', 'concat');
    if (mode === 'none') return [output!, output!];
    if (!Object.hasOwn(MERGED, mode)) throw new ComputeError('INVALID_MODEL', `merge_mode is ${mode}`);
    return mode === 'concat' ? [...output!.slice(0, -1), 2 * output!.at(-1)!] : output!;
  },
  run(call) {
    const [forward, reverse] = [call.input(0).plain, call.input(1).plain];
    const backward = call.attributes.flag('return_sequences') ? tf.reverse(reverse, 1) : reverse;
    const mode = call.attributes.string('merge_mode', 'concat');
    return mode === 'none' ? [Value.plain(forward), Value.plain(backward)] : Value.plain(MERGED[mode]!(forward, backward));
  },
};
