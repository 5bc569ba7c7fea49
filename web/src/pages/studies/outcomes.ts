/** Outcomes of verdicts, in words. @module */
export const OUTCOMES = {
  REPRODUCED: { name: 'reproduced', color: 'green' },
  NOT_REPRODUCED: { name: 'not reproduced', color: 'red' },
  NOT_DECIDED: { name: 'not decided', color: 'gray' },
} as const;
