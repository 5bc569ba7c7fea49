/** Loaders that read the rows of many keys by one statement. @module */
import DataLoader from 'dataloader';

/** The row that has the key, or a value computed from it. */
export function oneBy<Key extends string, Row extends Record<Key, string | null>, Value = Row>(
  key: Key,
  read: (keys: string[]) => Promise<Row[]>,
  show: (row: Row) => Value | undefined = (row) => row as unknown as Value,
) {
  return new DataLoader<string, Value | undefined>(async (keys) => {
    const rows = new Map<string | null, Row>((await read([...keys])).map((row) => [row[key], row]));
    return keys.map((wanted) => {
      const row = rows.get(wanted);
      return row && show(row);
    });
  });
}

/** All rows that have the key, in the order in which they are read. */
export function allBy<Key extends string, Row extends Record<Key, string | null>>(key: Key, read: (keys: string[]) => Promise<Row[]>) {
  return new DataLoader<string, Row[]>(async (keys) => {
    const rows = await read([...keys]);
    return keys.map((wanted) => rows.filter((row) => row[key] === wanted));
  });
}
