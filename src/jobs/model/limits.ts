/** What validating a model may take. */
export interface ValidationLimits {
  /** Of the whole process, in bytes. */
  readonly maxBytes: number;
  readonly maxSeconds: number;
}
