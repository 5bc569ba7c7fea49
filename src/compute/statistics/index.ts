/** Intervals, tests and correlations: functions from numbers to numbers. @module */
export { cohenKappa } from './agreement.js';
export { type Estimate, pearson, spearman } from './correlation.js';
export { holm, holmAdjusted } from './holm.js';
export { type McNemar, mcnemar, mcnemarExact, mcnemarTwoSided } from './mcnemar.js';
export { type PairedCounts, pairedDifference, pairedRatio } from './paired.js';
export { type Prediction, predictNext } from './prediction-interval.js';
export { type Proportion, atLeast, wilson } from './proportion.js';
export { type MeanEstimate, studentInterval } from './student-interval.js';
