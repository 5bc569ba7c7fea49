/** How far images are from each other: Lp norms, SSIM, PASS, budgets, and images as they are stored. @module */
export { type Budget, effectiveEpsilon, type Norm } from './budget.js';
export { type Distortions, distortions } from './lp.js';
export { similarities } from './similarity.js';
export { asStored, auditBudget, fromStored, isWithin, quantise } from './stored-image.js';
