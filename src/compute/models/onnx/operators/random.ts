/** Operators that draw random numbers: a model with one answers differently each time. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Call, Operator, OperatorTable, RandomKind } from '../../dataflow/operator.js';
import { comparison } from '../../dataflow/straight-through.js';
import { Value } from '../../dataflow/value.js';

function drawn(call: Call, kind: RandomKind, shape: readonly number[], from: number, scale: number): Value {
  const values = call.environment.random(call.node.outputs[0]!, kind, shape);
  return Value.plain(tf.add(tf.mul(values, scale), from));
}

const normal = (shapeOf: (call: Call) => readonly number[]): Operator => ({
  isRandom: true,
  gradient: 'CONSTANT',
  run: (call) => drawn(call, 'NORMAL', shapeOf(call), call.attributes.number('mean', 0), call.attributes.number('scale', 1)),
});

const uniform = (shapeOf: (call: Call) => readonly number[]): Operator => ({
  isRandom: true,
  gradient: 'CONSTANT',
  run(call) {
    const low = call.attributes.number('low', 0);
    return drawn(call, 'UNIFORM', shapeOf(call), low, call.attributes.number('high', 1) - low);
  },
});

const ofInput = (call: Call) => call.input(0).shape;
const ofAttribute = (call: Call) => call.attributes.numbers('shape');

/** 1 with the probability that the input gives. */
function bernoulli(call: Call): Value {
  const p = call.input(0);
  const drawn = call.environment.random(call.node.outputs[0]!, 'UNIFORM', p.shape);
  return Value.plain(tf.cast(tf.less(drawn, p.plain), 'float32'));
}

export const random: OperatorTable = {
  Bernoulli: comparison(tf.Less, -1, { isRandom: true, run: bernoulli }),
  RandomNormal: normal(ofAttribute),
  RandomNormalLike: normal(ofInput),
  RandomUniform: uniform(ofAttribute),
  RandomUniformLike: uniform(ofInput),
};
