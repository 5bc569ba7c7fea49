/** Opaque ids that name the type and the row. @module */
import { isRowId } from './row-id.js';

export interface GlobalId {
  readonly type: string;
  readonly id: string;
}

export const encodeGlobalId = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64url');

/** @returns undefined for what this server never gave out. */
export function decodeGlobalId(globalId: string): GlobalId | undefined {
  const [type, id, ...rest] = Buffer.from(globalId, 'base64url').toString().split(':');
  if (!type || !id || rest.length > 0 || !isRowId(id)) return undefined;
  return { type, id };
}

/** The row's id of a global id of the given type. */
export function rowId(globalId: string, type: string): string | undefined {
  const decoded = decodeGlobalId(globalId);
  return decoded?.type === type ? decoded.id : undefined;
}

/** The row's id of either: paths that the server returns have ids of rows, clients know the opaque ones. */
export const eitherRowId = (id: string, type: string): string | undefined => (isRowId(id) ? id : rowId(id, type));

/** The same where there may be no id: one that this server never gave out is then one that no row has, instead of none. */
export const optionalRowId = (globalId: string | undefined, type: string) =>
  globalId === undefined ? undefined : (rowId(globalId, type) ?? '');

/** Those of global ids of the given type; others are left out. */
export const rowIds = (globalIds: readonly string[], type: string) =>
  globalIds.map((id) => rowId(id, type)).filter((id) => id !== undefined);
