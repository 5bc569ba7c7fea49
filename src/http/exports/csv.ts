/** Comma-separated values as RFC 4180 has them: a header, times as ISO 8601, nothing for what is not known. @module */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import type { Column, Table, TableFormat } from './table.js';

export const csv: TableFormat = {
  extension: 'csv',
  mediaType: 'text/csv; charset=utf-8',
  async write(table, to) {
    const header = table.columns.map(({ name }) => name);
    const lines = stringify({ header: true, columns: header, record_delimiter: '\r\n' });
    await pipeline(Readable.from(records(table)), lines, to);
  },
};

async function* records<Row>({ columns, pages }: Table<Row>): AsyncGenerator<string[]> {
  for await (const page of pages) for (const row of page) yield columns.map((column) => text(column, row));
}

function text<Row>(column: Column<Row>, row: Row): string {
  const value = column.value(row);
  if (value === null) return '';
  return value instanceof Date ? value.toISOString() : String(value);
}
