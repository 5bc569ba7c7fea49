/** What statistics are about: models and a data set that exist for the viewer. @module */
import { DomainError } from '../../errors.js';
import type { DatabaseClient } from '../../storage/database.js';
import type { Model } from '../../storage/generated/client.js';

/** Most that a request may name where each costs a look-up. */
export const MOST_MODELS = 100;

/** @returns models in the order of the ids. @throws DomainError NOT_FOUND, VALIDATION for ids that come twice, or are too few or too many. */
export async function findModels(
  prisma: DatabaseClient,
  ids: readonly (string | undefined)[],
  [least, most]: readonly [number, number],
): Promise<Model[]> {
  if (ids.length < least || ids.length > most || new Set(ids).size < ids.length) {
    throw new DomainError('VALIDATION', `Name ${least} to ${most} models, each once.`, ['modelIds']);
  }
  const rows = await prisma.model.findMany({ where: { id: { in: ids.filter((id) => id !== undefined) } } });
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id, i) => {
    const model = id === undefined ? undefined : byId.get(id);
    if (!model) throw new DomainError('NOT_FOUND', 'There is no model with this id.', ['modelIds', String(i)]);
    return model;
  });
}
