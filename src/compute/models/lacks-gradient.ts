/** Tells a model without gradients from one that is broken. @module */

/** Whether TensorFlow.js found nothing to differentiate, which it says in words alone. */
export function lacksGradient(error: unknown): boolean {
  return error instanceof Error && /^Cannot (compute gradient|backprop through)/.test(error.message);
}
