/** One array of objects; 64-bit integers as numbers, times as ISO 8601. @module */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Table, TableFormat } from './table.js';

export const json: TableFormat = {
  extension: 'json',
  mediaType: 'application/json',
  async write(table, to) {
    await pipeline(Readable.from(parts(table)), to);
  },
};

async function* parts<Row>({ columns, pages }: Table<Row>): AsyncGenerator<string> {
  let separator = '[\n';
  for await (const page of pages) {
    for (const row of page) {
      const object = Object.fromEntries(columns.map(({ name, value }) => [name, value(row)]));
      yield separator + JSON.stringify(object, (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value));
      separator = ',\n';
    }
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}
