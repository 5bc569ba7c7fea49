/** Pages of a list that is in memory. A cursor is the key of an item, so the next page starts behind it even if the item has moved. @module */
import type { ConnectionPage } from '../../schema/relay/connection.js';
import type { PageArgs } from '../../schema/relay/page-args.js';
import { badInput, pageSize } from './pagination.js';

/** @param keyOf text that no other item has. @throws GraphQLError of code BAD_USER_INPUT. */
export function listPage<Item, Shown>(
  items: readonly Item[],
  page: PageArgs,
  keyOf: (item: Item) => string,
  show: (item: Item) => Shown,
): ConnectionPage<Shown> {
  const { size, backward } = pageSize(page);
  const find = (cursor: string) => {
    const key = Buffer.from(cursor, 'base64url').toString();
    const position = items.findIndex((item) => keyOf(item) === key);
    if (position < 0) throw badInput('The cursor is not one of this list. Take cursors from `edges` or `pageInfo`.');
    return position;
  };
  const from = page.after ? find(page.after) + 1 : 0;
  const to = page.before ? find(page.before) : items.length;
  const [start, end] = backward ? [Math.max(from, to - size), to] : [from, Math.min(to, from + size)];
  const edges = items.slice(start, end).map((item) => ({ node: show(item), cursor: Buffer.from(keyOf(item)).toString('base64url') }));
  return {
    edges,
    pageInfo: {
      hasNextPage: edges.length > 0 && end < items.length,
      hasPreviousPage: edges.length > 0 && start > 0,
      startCursor: edges[0]?.cursor,
      endCursor: edges.at(-1)?.cursor,
    },
    count: () => Promise.resolve(items.length),
  };
}
