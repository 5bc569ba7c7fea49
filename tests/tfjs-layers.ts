/**
 * tfjs-layers without the gradients that it registers when it is loaded: test files share a process, and what they compute has the gradients of the engine, as in
 * production.
 */
import * as tf from '@tensorflow/tfjs-core';
import { gradients } from '../src/compute/engine/gradients/index.js';

export * from '@tensorflow/tfjs-layers';

for (const [kernelName, gradient] of Object.entries(gradients)) tf.registerGradient({ kernelName, ...gradient });
