/** What the list of evaluations may be ordered by, as the address has it. @module */
export const ORDERS = [
  'newest',
  'oldest',
  'smallest',
  'largest',
  'most-robust',
  'least-robust',
  'most-accurate',
  'least-accurate',
] as const;

export type EvaluationsOrder = (typeof ORDERS)[number];
