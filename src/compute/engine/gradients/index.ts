/**
 * Gradients of TensorFlow.js' kernels. The build of tfjs-core for Node.js registers none, and of its packages only tfjs-layers brings them.
 * One more is one entry in one of the tables.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { elementwise } from './elementwise.js';
import type { Gradient, GradientTable } from './forms.js';
import { reductions } from './reductions.js';
import { shapes } from './shapes.js';
import { windows } from './windows.js';

/** The slope of an output is disposed of when another is added to it; an input whose slope it is, unchanged, gets a tensor of its own. */
function withOwnSlopes({ gradFunc, ...gradient }: Gradient): Gradient {
  return {
    ...gradient,
    gradFunc(dy, saved, attributes) {
      const ofOutputs = [dy].flat();
      const own = (slope: tf.Tensor) => (ofOutputs.includes(slope) ? tf.clone(slope) : slope);
      const slopes = Object.entries(gradFunc(dy, saved, attributes)).map(([name, slopeOf]) => [name, () => own(slopeOf())] as const);
      return Object.fromEntries(slopes);
    },
  };
}

const tables: GradientTable = { ...elementwise, ...reductions, ...shapes, ...windows };

export const gradients: GradientTable = Object.fromEntries(
  Object.entries(tables).map(([name, gradient]) => [name, withOwnSlopes(gradient)]),
);

/** Again after a package was loaded that brings gradients of its own, which are less complete. */
export function registerGradients(): void {
  for (const [kernelName, gradient] of Object.entries(gradients)) tf.registerGradient({ kernelName, ...gradient });
}

registerGradients();
