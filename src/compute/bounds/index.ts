/** Bounds of what a network outputs over a ball of images: certificates without noise. @module */
export { BOUND_METHODS, type BoundMethod, scoreBounds, Verifier } from './verify.js';
