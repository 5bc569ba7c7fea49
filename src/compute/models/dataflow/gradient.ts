/** What operators do to a gradient on its way back to the image: the docs, messages and BPDA are made from it. @module */

/** The gradients that an operator may have, with what each means. */
export const GRADIENTS = {
  EXACT: 'the derivative of what the operator computes; at a kink, one of those beside it',
  STRAIGHT_THROUGH: 'where the operator rounds, the gradient is passed on as if it did not',
  ZERO: 'zero, as the derivative of a step is almost everywhere: attacks by gradient see nothing of what lies before it',
  NONE: 'none: a model whose scores depend on the image by such an operator, be it in a condition, is refused, and can be submitted as a black box',
  CONSTANT: 'the output does not depend on the elements of the input, at most on its shape: there is nothing to differentiate',
} as const;

export type Gradient = keyof typeof GRADIENTS;
