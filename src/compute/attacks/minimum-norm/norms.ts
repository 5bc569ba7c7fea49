/** What a family of attacks takes from each norm that it has a member for. @module */
import { l0Budget, l1Budget, l2Budget, linfBudget } from '../core/budgets.js';
import { L0_CAP, L1_CAP, L2_CAP, LINF_CAP } from '../core/parameters.js';

/** How the member is called, and its cap. */
export const CAPPED = {
  LINF: { symbol: 'L∞', suffix: 'Linf', cap: LINF_CAP, budget: linfBudget },
  L2: { symbol: 'L2', suffix: 'L2', cap: L2_CAP, budget: l2Budget },
  L1: { symbol: 'L1', suffix: 'L1', cap: L1_CAP, budget: l1Budget },
  L0: { symbol: 'L0', suffix: 'L0', cap: L0_CAP, budget: l0Budget },
};
