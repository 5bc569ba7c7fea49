/** What training runs are compared by. @module */
export const MEASURES = ['cleanAccuracy', 'oneStepAccuracy', 'iterativeAccuracy', 'trainingAccuracy', 'loss'] as const;
export type Measure = (typeof MEASURES)[number];
