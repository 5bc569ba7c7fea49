import { expect, it } from 'vitest';
import { budgetRow } from '../../scripts/docs/pages/budgets.js';

it('the table of budgets has the levels of ε as typed, what is used of it, and text that reads back to the same number', () => {
  const rows = [
    { typed: '0.03', levels: 7, effectiveEpsilon: 7 / 255, printed: '0.03', readBack: 0.03 },
    { typed: '0.031', levels: 7, effectiveEpsilon: 7 / 255, printed: '0.031', readBack: 0.031 },
    { typed: '0.3', levels: 76, effectiveEpsilon: 76 / 255, printed: '0.3', readBack: 0.3 },
    { typed: '8/255', levels: 8, effectiveEpsilon: 8 / 255, printed: '8/255', readBack: 8 / 255 },
    { typed: '0.00784', levels: 2, effectiveEpsilon: 2 / 255, printed: '0.00784', readBack: 0.00784 },
  ];
  for (const row of rows) expect(budgetRow(row.typed)).toMatchObject(row);
});
