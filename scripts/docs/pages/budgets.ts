/** What becomes of ε as it is typed. @module */
import { effectiveEpsilon, formatMagnitude, parseMagnitude } from '../../../src/compute/index.js';
import { code, type GeneratedPage, table } from '../page.js';

/** As people and papers write budgets in L∞. */
const TYPED = ['8/255', '0.031', '0.03', '0.0314', '0.00784', '2/255', '0.3', '0.5/255'];

export interface BudgetRow {
  readonly typed: string;
  readonly epsilon: number;
  /** Whole 8-bit levels that a pixel of a stored image may move. */
  readonly levels: number;
  readonly effectiveEpsilon: number;
  /** As this project prints it. */
  readonly printed: string;
  readonly readBack: number;
}

/** What becomes of an L∞ budget. */
export function budgetRow(typed: string): BudgetRow {
  const epsilon = parseMagnitude(typed);
  const effective = effectiveEpsilon({ norm: 'LINF', epsilon });
  const printed = formatMagnitude(epsilon);
  return { typed, epsilon, levels: Math.round(255 * effective), effectiveEpsilon: effective, printed, readBack: parseMagnitude(printed) };
}

export const budgetPage: GeneratedPage = {
  file: 'reference/budgets.md',
  source: 'scripts/docs/pages/budgets.ts, which computes the table',
  render: () =>
    [
      '# Budgets',
      'ε is a share of the pixel range. A stored image of 8 bits moves by whole levels of 1/255, so it can use only a part of an ε that is no whole number of levels. An ε within a hundredth of a level is that level; leaderboards, curves and filters take it as it was typed. `Evaluation.effectiveEpsilon` is what stored images can use; below 98 % of ε there is the finding [`ROUNDED_BUDGET`](findings.md#rounded_budget).',
      'Budgets are printed so that they read back to the same number.',
      table(
        ['ε as typed (L∞)', 'levels of ε', 'levels used', 'effective ε', 'of ε', 'printed', 'printed, read back'],
        TYPED.map(budgetRow).map((row) => [
          code(row.typed),
          String(Number((255 * row.epsilon).toFixed(4))),
          String(row.levels),
          formatMagnitude(row.effectiveEpsilon),
          `${((100 * row.effectiveEpsilon) / row.epsilon).toFixed(1)} %`,
          code(row.printed),
          String(row.readBack),
        ]),
      ),
      'In L1, distances of stored images are whole numbers of levels too; in L2 they are roots of whole numbers, which leaves almost all of ε; in L0 they are whole numbers of pixel values.',
    ].join('\n\n'),
};
