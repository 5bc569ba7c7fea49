/** All formats of tables. @module */
import { csv } from './csv.js';
import { json } from './json.js';
import { parquet } from './parquet.js';
import type { TableFormat } from './table.js';

export const tableFormats: readonly TableFormat[] = [csv, json, parquet];
