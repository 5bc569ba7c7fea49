/** How far images are from each other: Lp norms, SSIM, PASS, budgets, and images as they are stored. @module */
export { type Budget, effectiveEpsilon, type Judging, type Norm } from './budget.js';
export { asFloats, asJudged, bothJudgings, isOfWholeLevels, judgedBy, type JudgedImages } from './judged-image.js';
export { type Distortions, distortions } from './lp.js';
export { similarities } from './similarity.js';
export { auditBudget, fromStored, isWithin, quantise, toLevels } from './stored-image.js';
