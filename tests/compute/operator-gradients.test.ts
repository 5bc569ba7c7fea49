/** Each operator has the gradient that its entry states. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { passingStraightThrough } from '../../src/compute/attacks/composite/bpda.js';
import { graphModelOperators } from '../../src/compute/models/graph-model/operators/index.js';
import { onnxOperators } from '../../src/compute/models/onnx/operators/index.js';
import { BACKEND_UNDER_TEST } from '../test-backend.js';
import type { Cases } from './operators/cases.js';
import { graphModelCases } from './operators/graph-model-cases.js';
import { onnxCases } from './operators/onnx-cases.js';
import { noise, Probe } from './operators/probe.js';

/** Of finite differences. Inputs stay clear of kinks by more. */
const STEP = 2e-3;
/** Further than from one input to the other, and across any rounding. */
const FAR = 10;

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const isZero = (gradient: Float32Array) => gradient.every((value) => value === 0);
const signsOf = (name: string, probe: Probe) => noise(name, probe.x.shape).map(Math.sign);

/** Largest difference of the gradient's slopes from those by central differences, as a share of what they are of. */
function error(probe: Probe, gradient: Float32Array): number {
  const errors = [1, 2, 3, 4].map((i) => {
    const direction = signsOf(`direction ${i}`, probe);
    return Math.abs(probe.slope(direction, STEP) - dot(gradient, direction));
  });
  return Math.max(...errors) / Math.sqrt(dot(gradient, gradient));
}

function isFlat(probe: Probe): boolean {
  return probe.slope(signsOf('direction', probe), STEP) === 0;
}

/** Whether the gradient says of all pixels together that the output rises where it does. */
function rises(probe: Probe, gradient: Float32Array): boolean {
  const up = gradient.map(() => 1);
  return Math.sign(dot(gradient, up)) === Math.sign(probe.value(up, FAR) - probe.value(up, -FAR));
}

const TABLES = [
  { format: 'ONNX', operators: onnxOperators, cases: onnxCases },
  { format: 'GraphModels', operators: graphModelOperators, cases: graphModelCases },
];

beforeAll(() => tf.setBackend(BACKEND_UNDER_TEST));

describe.each(TABLES)('operators of $format', ({ operators, cases }) => {
  const probesOf = (name: string) => [(cases as Cases)[name]!].flat().flatMap((about) => Probe.of(name, operators[name]!, about));

  it('are all looked at', () => {
    expect(Object.keys(cases).sort()).toEqual(Object.keys(operators).sort());
  });

  it.each(Object.keys(cases))('%s', (name) => {
    const { gradient: stated = 'EXACT', straightThrough } = operators[name]!;
    for (const probe of probesOf(name)) {
      const gradient = probe.gradient();
      if (stated === 'EXACT') {
        expect(isZero(gradient!)).toBe(false);
        expect(error(probe, gradient!)).toBeLessThan(0.01);
      }
      if (stated === 'STRAIGHT_THROUGH') expect([isFlat(probe) || probe.about.hasMovingSteps, isZero(gradient!)]).toEqual([true, false]);
      if (stated === 'ZERO') expect([isFlat(probe), isZero(gradient!)]).toEqual([true, true]);
      if (stated === 'NONE') expect(gradient).toBeUndefined();
      if (stated === 'CONSTANT') {
        expect(!gradient || isZero(gradient)).toBe(true);
        expect(probe.value(signsOf('direction', probe), FAR)).toBe(probe.value(signsOf('direction', probe), 0));
      }
      if (stated !== 'ZERO' && stated !== 'NONE') continue;
      const through = passingStraightThrough(() => probe.gradient());
      if (straightThrough) expect(rises(probe, through!)).toBe(true);
      else expect(through).toEqual(gradient);
    }
  });
});

describe('the slope of |x|', () => {
  it('is zero at zero, as in PyTorch and TensorFlow', () => {
    const slope = tf.grad((x) => tf.sum(tf.abs(x)))(tf.tensor1d([-2, 0, 3]));
    expect([...slope.dataSync()]).toEqual([-1, 0, 1]);
  });
});
