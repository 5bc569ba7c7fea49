/**
 * Gradients of TensorFlow.js' kernels. The build of tfjs-core for Node.js registers none, and of its packages only tfjs-layers brings them.
 * One more is one entry in one of the tables.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { elementwise } from './elementwise.js';
import type { GradientTable } from './forms.js';
import { reductions } from './reductions.js';
import { shapes } from './shapes.js';
import { windows } from './windows.js';

export const gradients: GradientTable = { ...elementwise, ...reductions, ...shapes, ...windows };

/** Again after a package was loaded that brings gradients of its own, which are less complete. */
export function registerGradients(): void {
  for (const [kernelName, gradient] of Object.entries(gradients)) tf.registerGradient({ kernelName, ...gradient });
}

registerGradients();
