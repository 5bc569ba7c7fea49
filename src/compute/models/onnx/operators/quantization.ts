/** Quantised weights. What quantises activations is in no table. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { OperatorTable } from '../../dataflow/operator.js';
import { normalAxis, Value } from '../../dataflow/value.js';

export const quantization: OperatorTable = {
  DequantizeLinear: {
    settings: [0, 1, 2],
    run(call) {
      const x = call.input(0).plain;
      const axis = normalAxis(call.attributes.number('axis', 1), Math.max(x.rank, 2));
      const alongAxis = (value: Value) => {
        const vector = tf.cast(value.plain, 'float32');
        return value.rank === 1 && value.size > 1
          ? tf.reshape(
              vector,
              x.shape.map((_, i) => (i === axis ? -1 : 1)),
            )
          : tf.reshape(vector, []);
      };
      const values = tf.cast(x, 'float32');
      return Value.plain(tf.mul(call.has(2) ? tf.sub(values, alongAxis(call.input(2))) : values, alongAxis(call.input(1))));
    },
  },
};
