/** Apache Parquet: a row group for each page, every column nullable. @module */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import type { ColumnType, Table, TableFormat } from './table.js';

const ELEMENTS: Readonly<Record<ColumnType, Pick<SchemaElement, 'type' | 'converted_type'>>> = {
  STRING: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  INT32: { type: 'INT32' },
  INT64: { type: 'INT64' },
  DOUBLE: { type: 'DOUBLE' },
  BOOLEAN: { type: 'BOOLEAN' },
  TIMESTAMP: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
};

export const parquet: TableFormat = {
  extension: 'parquet',
  mediaType: 'application/vnd.apache.parquet',
  async write(table, to) {
    await pipeline(Readable.from(parts(table)), to);
  },
};

async function* parts<Row>({ columns, pages }: Table<Row>): AsyncGenerator<Uint8Array> {
  const bytes = new ByteWriter();
  const schema: SchemaElement[] = [
    { name: 'root', num_children: columns.length },
    ...columns.map(({ name, type }) => ({ name, repetition_type: 'OPTIONAL' as const, ...ELEMENTS[type] })),
  ];
  const writer = new ParquetWriter({ writer: bytes, schema, createdBy: 'gauntlet' });
  for await (const page of pages) {
    await writer.write({ columnData: columns.map(({ name, value }) => ({ name, data: page.map(value) })), rowGroupSize: page.length });
    yield take(bytes);
  }
  await writer.finish();
  yield take(bytes);
}

/** What is in the buffer, which is empty then; the position in the whole file stays. */
function take(bytes: ByteWriter): Uint8Array {
  const chunk = bytes.getBytes().slice();
  bytes.index = 0;
  return chunk;
}
