/** Tables of a report as Markdown. @module */
import type { Table } from '../types.js';
import { estimateText } from './text.js';

export function tableMarkdown({ title, columns, rows }: Table): string {
  return `### ${title}\n\n${markdownTable(
    columns,
    rows.map(({ label, cells }) => [label, ...cells.map(estimateText)]),
  )}`;
}

export function markdownTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  return [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
