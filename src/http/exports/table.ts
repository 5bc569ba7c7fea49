/** Results as tables for other tools. A format is one file here and one line in `formats.ts`. @module */
import type { Writable } from 'node:stream';

/** Types as Parquet names them. */
export type ColumnType = 'STRING' | 'INT32' | 'INT64' | 'DOUBLE' | 'BOOLEAN' | 'TIMESTAMP';
export type Cell = string | number | bigint | boolean | Date | null;

export interface Column<Row> {
  readonly name: string;
  readonly type: ColumnType;
  /** Null: not known, or not yet. */
  value(row: Row): Cell;
}

export interface Table<Row> {
  readonly columns: readonly Column<Row>[];
  /** In parts that fit into memory. */
  readonly pages: AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>;
}

export interface TableFormat {
  /** What comes after the dot. */
  readonly extension: string;
  readonly mediaType: string;
  /** Writes the whole table and ends the stream. */
  write<Row>(table: Table<Row>, to: Writable): Promise<void>;
}
