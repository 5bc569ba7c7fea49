/** What a type with ids needs beside its fields: rows by id, read together, the object of an id, and pages of the list. @module */
import type DataLoader from 'dataloader';
import { DomainError } from '../../errors.js';
import type { ConnectionPage } from '../../schema/relay/connection.js';
import { rowId } from '../../storage/global-id.js';
import type { Node } from '../../schema/relay/node.js';
import { OrderDirection } from '../../schema/relay/order.js';
import type { PageArgs } from '../../schema/relay/page-args.js';
import { normalName } from '../../services/names.js';
import type { DatabaseClient } from '../../storage/database.js';
import { given, type Given } from '../given.js';
import { oneBy } from './load-by.js';
import { badInput, paginate, type PageQuery } from './pagination.js';
import type { RowLoaders } from './row-loaders.js';

/** What is read of a table. */
interface Table<Row> {
  findMany(query: { where: object; orderBy?: object[]; take?: number }): Promise<Row[]>;
  count(query: { where: object }): Promise<number>;
}

export interface NodeDefinition<Row, Item, Filter> {
  /** Its GraphQL type, which has the name of the class. */
  readonly type: new (row: Row) => Item;
  readonly table: (prisma: DatabaseClient) => Table<Row>;
  /** The filter of the list as a Prisma condition. */
  readonly where?: (filter: Partial<Given<Filter>>) => object;
  /** Columns that the list may be ordered by and that have nulls. */
  readonly nullable?: readonly string[];
}

export interface ListRequest<Filter> {
  readonly page: PageArgs;
  readonly filter?: Filter;
  /** Default: the newest first. */
  readonly orderBy?: PageQuery<never, never>['order'];
}

export interface NodeType<Row, Item extends Node, Filter> {
  readonly name: string;
  createLoader(prisma: DatabaseClient): DataLoader<string, Row | undefined>;
  /** A row as its GraphQL object. */
  show(row: Row | null | undefined): Item | null;
  /** The row of an id of the table. */
  row(loaders: RowLoaders, id: string): Promise<Row | undefined>;
  /** The object of an id of the table; null where there is no id, or no row of it. */
  find(loaders: RowLoaders, id: string | null | undefined): Promise<Item | null>;
  /** The object of an id that a row refers to. @throws DomainError NOT_FOUND where its row was deleted since that row was read. */
  get(loaders: RowLoaders, id: string): Promise<Item>;
  /** The object of an id that a client gave; null where nothing of this type has it. */
  byId(loaders: RowLoaders, globalId: string): Promise<Item | null>;
  /** The same, or by name. @throws GraphQLError of code BAD_USER_INPUT unless one of the two is given. */
  byIdOrName(loaders: RowLoaders, key: NodeKey, findByName: (name: string) => Promise<Row | null>): Promise<Item | null>;
  /** A page of the list, for its connection. */
  list(prisma: DatabaseClient, request: ListRequest<Filter>): Promise<ConnectionPage<Item>>;
}

interface NodeKey {
  readonly id?: string | null;
  readonly name?: string | null;
}

const NEWEST_FIRST = { field: 'createdAt', direction: OrderDirection.DESC };

export function defineNode<Row extends { id: string }, Item extends Node, Filter extends object = object>({
  type,
  table,
  where = () => ({}),
  nullable,
}: NodeDefinition<Row, Item, Filter>): NodeType<Row, Item, Filter> {
  const node: NodeType<Row, Item, Filter> = {
    name: type.name,
    show: (row) => (row ? new type(row) : null),
    createLoader: (prisma) => oneBy('id', (ids) => table(prisma).findMany({ where: { id: { in: ids } } })),
    row: ({ nodes }, id) => (nodes.get(node.name) as DataLoader<string, Row | undefined>).load(id),
    find: async (loaders, id) => (typeof id === 'string' ? node.show(await node.row(loaders, id)) : null),
    async get(loaders, id) {
      const item = await node.find(loaders, id);
      if (item) return item;
      throw new DomainError('NOT_FOUND', `A ${node.name} was deleted while the query was answered. Send the query again.`);
    },
    byId: (loaders, globalId) => node.find(loaders, rowId(globalId, node.name)),
    async byIdOrName(loaders, { id, name }, findByName) {
      if (typeof id === 'string' && typeof name !== 'string') return node.byId(loaders, id);
      if (typeof name === 'string' && typeof id !== 'string') {
        const normal = normalName(name);
        const found = await findByName(normal);
        // Names from before they were normalised.
        return node.show(found || normal === name ? found : await findByName(name));
      }
      throw badInput('Give `id` or `name`: one of them.');
    },
    list: (prisma, { page, filter, orderBy }) =>
      paginate({
        page,
        order: orderBy ?? NEWEST_FIRST,
        nullable,
        where: where(given(filter)),
        find: (query) => table(prisma).findMany(query),
        count: (query) => table(prisma).count(query),
        toItem: (row) => new type(row),
      }),
  };
  return node;
}
