/** Models that the parameters of an attack name, beside the one that is evaluated. Clients name them by their global ids, which is how they are stored. @module */
import type { ParameterValues } from '../compute/parameters/index.js';
import { rowId } from './global-id.js';

/** Their rows, in the order of the parameters; undefined for what is no id of a model. */
export function sourceRowIds({ sourceModelIds }: ParameterValues): (string | undefined)[] {
  if (!Array.isArray(sourceModelIds)) return [];
  return sourceModelIds.map((id: unknown) => (typeof id === 'string' ? rowId(id, 'Model') : undefined));
}
