/** The TensorFlow.js backend on which tests call kernels themselves: the reference, or TensorFlow's where that is under test. @module */
import { createEngine } from '../src/compute/engine/create-engine.js';
import { ENGINE_UNDER_TEST } from './test-engine.js';

const isEager = ENGINE_UNDER_TEST.startsWith('eager:');

export const BACKEND_UNDER_TEST = isEager ? (await createEngine({ engine: ENGINE_UNDER_TEST })).description.provider : 'cpu';
