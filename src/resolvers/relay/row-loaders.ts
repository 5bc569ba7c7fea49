import type DataLoader from 'dataloader';

/** Loaders of rows of every type with ids, by the name of their type. */
export interface RowLoaders {
  readonly nodes: ReadonlyMap<string, DataLoader<string, unknown>>;
}
