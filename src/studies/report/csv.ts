/** A report's tables as CSV: one line for each figure. @module */
import { stringify } from 'csv-stringify/sync';
import type { Report } from '../types.js';

const COLUMNS = ['table', 'row', 'column', 'mean', 'lower', 'upper', 'n'] as const;

export function reportCsv({ tables }: Report): string {
  const records = tables.flatMap(({ title, columns, rows }) =>
    rows.flatMap(({ label, cells }) =>
      cells.map((cell, i) => [title, label, columns[i + 1], cell?.mean, cell?.lower, cell?.upper, cell?.n]),
    ),
  );
  return stringify(records, { header: true, columns: [...COLUMNS], escape_formulas: true });
}
