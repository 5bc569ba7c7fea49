/** What a step of Brendel & Bethge 2019 starts from. */
export interface StepProblem {
  readonly original: Float32Array;
  readonly x: Float32Array;
  readonly slope: Float32Array;
  /** c. */
  readonly change: number;
  /** r. */
  readonly radius: number;
}
