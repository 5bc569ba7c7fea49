/** Operators that draw random numbers: a model with one answers differently each time. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Call, OperatorTable } from '../../dataflow/operator.js';
import { Value } from '../../dataflow/value.js';

function drawn(call: Call, kind: 'NORMAL' | 'UNIFORM', from: number, scale: number): Value {
  const values = call.environment.random(call.node.outputs[0]!, kind, call.input(0).shape);
  return Value.plain(tf.add(tf.mul(values, scale), from));
}

export const random: OperatorTable = {
  RandomNormalLike: {
    gradient: 'CONSTANT',
    run: (call) => drawn(call, 'NORMAL', call.attributes.number('mean', 0), call.attributes.number('scale', 1)),
  },
  RandomUniformLike: {
    gradient: 'CONSTANT',
    run(call) {
      const low = call.attributes.number('low', 0);
      return drawn(call, 'UNIFORM', low, call.attributes.number('high', 1) - low);
    },
  },
};
