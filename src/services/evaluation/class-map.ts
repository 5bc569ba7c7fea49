/** The class map of one evaluation: from the classes of a model, whatever its own map is, to those of the data set. @module */
import { classMapByNames, withFurtherMap } from '../../compute/models/index.js';
import { ComputeError } from '../../compute/errors.js';
import { DomainError } from '../../errors.js';
import type { Dataset } from '../../storage/generated/client.js';
import { specOf } from '../../storage/json.js';
import type { ReadyModel } from '../../storage/ready-model.js';

interface ClassMapRequest {
  readonly classMap?: readonly number[];
  /** By the names of the model's classes and the data set's. */
  readonly matchClasses?: boolean;
}

/** @returns undefined where the model's classes are those of the data set. @throws DomainError VALIDATION */
export function classMapOf(
  model: Pick<ReadyModel, 'name' | 'spec' | 'output'>,
  { classNames }: Pick<Dataset, 'classNames'>,
  { classMap: given, matchClasses }: ClassMapRequest,
): readonly number[] | undefined {
  if (!given && !matchClasses) return undefined;
  if (given && matchClasses) throw new DomainError('VALIDATION', 'Give `classMap` or `matchClasses`, not both.', ['matchClasses']);
  const spec = specOf(model);
  const member = given ? 'classMap' : 'matchClasses';
  if (!given && !spec.classNames)
    throw new DomainError('VALIDATION', `"${model.name}" has no class names to match: give a \`classMap\`.`, [member]);
  try {
    const classMap = given ?? classMapByNames(spec.classNames!, classNames);
    withFurtherMap(spec, classMap, classNames);
    if (model.output === 'LABELS' && classMap.includes(-1)) {
      const message = `"${model.name}" returns the predicted class alone, so each of its classes needs one of the data set: there is no second best.`;
      throw new DomainError('VALIDATION', message, [member]);
    }
    return classMap;
  } catch (error) {
    if (!(error instanceof ComputeError)) throw error;
    throw new DomainError('VALIDATION', `"${model.name}": ${error.message}`, [member], { cause: error });
  }
}
