/** A report as CSV: one line for each figure of its tables, each point of its plots, and each verdict. @module */
import { stringify } from 'csv-stringify/sync';
import type { Report } from '../types.js';
import { OUTCOMES } from './text.js';

const COLUMNS = ['part', 'title', 'row', 'column', 'mean', 'lower', 'upper', 'n', 'verdict'] as const;

export function reportCsv({ tables, plots, verdicts }: Report): string {
  const records = [
    ...tables.flatMap(({ title, columns, rows }) =>
      rows.flatMap(({ label, cells }) => cells.map((cell, i) => ({ part: 'table', title, row: label, column: columns[i + 1], ...cell }))),
    ),
    ...plots.flatMap(({ title, series }) =>
      series.flatMap(({ name, points }) =>
        points.map(({ x, ...estimate }) => ({ part: 'plot', title, row: name, column: x, ...estimate })),
      ),
    ),
    ...verdicts.map(({ statement, criterion, estimate, outcome }) => ({
      part: 'verdict',
      title: statement,
      row: criterion,
      ...estimate,
      verdict: OUTCOMES[outcome],
    })),
  ];
  return stringify(records, { header: true, columns: [...COLUMNS], escape_formulas: true });
}
