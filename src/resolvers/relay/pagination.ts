/**
 * Relay pages by keyset: a cursor holds the order's value and the id, so a page costs the same anywhere in a list and stays right while rows come and go.
 * @module
 */
import { GraphQLError } from 'graphql';
import type { ConnectionPage } from '../../schema/relay/connection.js';
import { OrderDirection } from '../../schema/relay/order.js';
import { DEFAULT_PAGE, MAX_PAGE } from '../../page-size.js';
import { isRowId } from '../../storage/row-id.js';
import { isStorable } from '../../storage/text.js';
import type { PageArgs } from '../../schema/relay/page-args.js';

export interface PageQuery<Row extends { id: string }, Item> {
  readonly page: PageArgs;
  /** A column and the direction. */
  readonly order: { readonly field: string; readonly direction: OrderDirection };
  /** Columns whose nulls count as larger than any value, as they do in PostgreSQL. Default: none has nulls. */
  readonly nullable?: readonly string[];
  /** The filter, as a Prisma `where`. */
  readonly where: object;
  find(query: { where: object; orderBy: object[]; take: number }): Promise<Row[]>;
  count(query: { where: object }): Promise<number>;
  toItem(row: Row): Item;
}

/** The end of the year 9999, in milliseconds: later ones are no dates to the database. */
const LAST_TIME = Date.UTC(9999, 11, 31);

type KeyValue = string | number | Date | null;

interface Column {
  readonly field: string;
  readonly nullable: boolean;
}

export async function paginate<Row extends { id: string }, Item>(query: PageQuery<Row, Item>): Promise<ConnectionPage<Item>> {
  const { page, order, where } = query;
  const { size, backward } = pageSize(page);
  // Going back is going forward in the opposite order, turned round at the end.
  const ascending = (order.direction === OrderDirection.ASC) !== backward;
  const direction = ascending ? 'asc' : 'desc';
  const column = { field: order.field, nullable: query.nullable?.includes(order.field) ?? false };
  const bounds = [
    page.after ? beyond(column, decodeCursor(page.after, column), order.direction === OrderDirection.ASC) : {},
    page.before ? beyond(column, decodeCursor(page.before, column), order.direction !== OrderDirection.ASC) : {},
  ];
  const rows = await query.find({
    where: { AND: [where, ...bounds] },
    orderBy: [{ [order.field]: direction }, { id: direction }],
    take: size + 1,
  });
  const more = rows.length > size;
  const shown = rows.slice(0, size);
  if (backward) shown.reverse();
  const edges = shown.map((row) => ({ node: query.toItem(row), cursor: encodeCursor(row, order.field) }));
  return {
    edges,
    pageInfo: {
      hasNextPage: backward ? page.before !== undefined : more,
      hasPreviousPage: backward ? more : page.after !== undefined,
      startCursor: edges[0]?.cursor,
      endCursor: edges.at(-1)?.cursor,
    },
    count: () => query.count({ where }),
  };
}

/** Checks sizes and directions. @throws GraphQLError of code BAD_USER_INPUT. */
export function pageSize({ first, last, after, before }: PageArgs): { size: number; backward: boolean } {
  if (isGiven(first) && isGiven(last)) throw badInput('Give `first` or `last`, not both.');
  if (isGiven(last) && isGiven(after)) throw badInput('`last` goes with `before`, not with `after`.');
  if (isGiven(before) && !isGiven(last)) throw badInput('`before` goes with `last`.');
  const size = last ?? first ?? DEFAULT_PAGE;
  if (size < 1 || size > MAX_PAGE) throw badInput(`A page has 1 to ${MAX_PAGE} items, not ${size}.`);
  return { size, backward: isGiven(last) };
}

export const badInput = (message: string) => new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });

const isGiven = (value: unknown) => value !== undefined && value !== null;

function beyond({ field, nullable }: Column, { value, id }: { value: KeyValue; id: string }, ascending: boolean): object {
  const operator = ascending ? 'gt' : 'lt';
  const tied = { [field]: value, id: { [operator]: id } };
  if (value === null) return ascending ? tied : { OR: [{ [field]: { not: null } }, tied] };
  const further = { OR: [{ [field]: { [operator]: value } }, tied] };
  if (nullable && ascending) return { OR: [further, { [field]: null }] };
  // The bound says nothing new, but an index can start from it, and not from an OR.
  return { AND: [{ [field]: { [`${operator}e`]: value } }, further] };
}

function encodeCursor(row: { id: string }, field: string): string {
  const value = (row as unknown as Record<string, KeyValue>)[field]!;
  return Buffer.from(JSON.stringify([field, value instanceof Date ? { time: value.getTime() } : value, row.id])).toString('base64url');
}

function decodeCursor(cursor: string, { field, nullable }: Column): { value: KeyValue; id: string } {
  try {
    const [ofField, value, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [string, KeyValue | { time: number }, string];
    if (ofField === field && typeof id === 'string' && isRowId(id)) {
      const known = value === null ? (nullable ? null : undefined) : valueOf(field, value);
      if (known !== undefined) return { value: known, id };
    }
  } catch {
    // Not a cursor of ours: said below.
  }
  throw badInput('The cursor is not one of this list in this order. Take cursors from `edges` or `pageInfo`.');
}

/** Of the column's type, whoever wrote the cursor; else undefined. */
function valueOf(field: string, value: unknown): KeyValue | undefined {
  if (field === 'name') return typeof value === 'string' && isStorable(value) ? value : undefined;
  if (!field.endsWith('At')) return typeof value === 'number' ? value : undefined;
  const { time } = value as { time?: unknown };
  return typeof time === 'number' && Math.abs(time) <= LAST_TIME ? new Date(time) : undefined;
}
