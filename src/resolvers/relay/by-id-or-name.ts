import type DataLoader from 'dataloader';
import { rowId } from '../../storage/global-id.js';
import { present } from './node-types.js';
import { badInput } from './pagination.js';

/** Something by its id or its name. @throws GraphQLError of code BAD_USER_INPUT unless one of the two is given. */
export async function byIdOrName<Row, Item>(
  Type: new (row: Row) => Item,
  type: string,
  { id, name }: { id?: string | null; name?: string | null },
  loader: DataLoader<string, Row | undefined>,
  findByName: (where: { name: string }) => Promise<Row | null>,
): Promise<Item | null> {
  if (typeof id === 'string' && typeof name !== 'string') {
    const row = rowId(id, type);
    return row === undefined ? null : present(await loader.load(row), Type);
  }
  if (typeof name === 'string' && typeof id !== 'string') return present(await findByName({ name }), Type);
  throw badInput('Give `id` or `name`: one of them.');
}
