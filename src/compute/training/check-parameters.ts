/** Checks what callers give as parameters of a scheme, an optimizer or a schedule, which are described as those of attacks are. @module */
import { validateParameters } from '../attacks/core/parameters.js';
import type { ParameterSpec, ParameterValues } from '../attacks/core/definition.js';
import { ComputeError } from '../errors.js';

interface Described {
  readonly title: string;
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
}

/** All parameters, defaults filled in. @throws ComputeError INVALID_TRAINING with the parameter's name as path. */
export function checkParameters({ title, parameters }: Described, given: ParameterValues): ParameterValues {
  try {
    return validateParameters({ title, parameters }, given);
  } catch (error) {
    if (error instanceof ComputeError) throw new ComputeError('INVALID_TRAINING', error.message, error.path);
    throw error;
  }
}
