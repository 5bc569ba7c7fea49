/** The one place that checks what callers give as an attack's parameters. @module */
import { ComputeError } from '../../errors.js';
import type {
  AttackChoice,
  AttackDefinition,
  AttacksParameter,
  MagnitudeParameter,
  NumberParameter,
  ParameterSpec,
  ParameterValue,
  ParameterValues,
} from './definition.js';

/**
 * Checks the given values against the attack's description and fills in defaults.
 * @returns every parameter of the attack; undefined where it is optional and was not given.
 * @throws ComputeError INVALID_ATTACK with the parameter's name as path, its range, and what to do.
 */
export function validateParameters(definition: Pick<AttackDefinition, 'title' | 'parameters'>, given: ParameterValues): ParameterValues {
  const known = Object.keys(definition.parameters);
  for (const name of Object.keys(given)) {
    if (given[name] !== undefined && !known.includes(name)) {
      throw invalid(name, `${definition.title} has no parameter "${name}". Its parameters: ${known.join(', ')}.`);
    }
  }
  return Object.fromEntries(known.map((name) => [name, checkValue(name, definition.parameters[name]!, given[name])]));
}

function checkValue(name: string, spec: ParameterSpec, value: ParameterValue): ParameterValue {
  if (value === undefined || value === null) {
    if (isRequired(spec)) throw invalid(name, `"${name}" is missing. ${expectation(spec)}`);
    return 'default' in spec ? spec.default : undefined;
  }
  if (spec.type === 'attacks') return checkList(name, spec, value);
  if (isValid(spec, value)) return value;
  throw invalid(name, `"${name}" is ${typeof value === 'string' ? JSON.stringify(value) : String(value)}. ${expectation(spec)}`);
}

/** Every attack of the list with its parameters checked; those that are absent and have no default are left out. */
function checkList(name: string, spec: AttacksParameter, value: NonNullable<ParameterValue>): readonly AttackChoice[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > spec.maximum) throw invalid(name, expectation(spec));
  return (value as readonly AttackChoice[]).map(({ kind, parameters }, i) => {
    const definition = spec.of.find((candidate) => candidate.kind === kind);
    if (!definition) {
      const message = `${kind} cannot be in a list of attacks. These can: ${spec.of.map((candidate) => candidate.kind).join(', ')}.`;
      throw new ComputeError('INVALID_ATTACK', message, [name, String(i)]);
    }
    try {
      const values = Object.entries(validateParameters(definition, parameters)).filter(([, one]) => one !== undefined);
      return { kind, parameters: Object.fromEntries(values) };
    } catch (error) {
      if (!(error instanceof ComputeError)) throw error;
      throw new ComputeError(error.code, error.message, [name, String(i), definition.name, ...(error.path ?? [])]);
    }
  });
}

/** Whether callers must give it. */
export function isRequired(spec: ParameterSpec): boolean {
  return spec.type === 'attacks' || (spec.type === 'magnitude' && spec.default === undefined && !spec.optional);
}

function isValid(spec: Exclude<ParameterSpec, AttacksParameter>, value: NonNullable<ParameterValue>): boolean {
  switch (spec.type) {
    case 'boolean':
      return typeof value === 'boolean';
    case 'choice':
      return typeof value === 'string' && Object.hasOwn(spec.values, value);
    default:
      // NaN fails both comparisons.
      return (
        typeof value === 'number' && value >= spec.minimum && value <= spec.maximum && (spec.type !== 'integer' || Number.isInteger(value))
      );
  }
}

function expectation(spec: ParameterSpec): string {
  switch (spec.type) {
    case 'boolean':
      return 'Give true or false.';
    case 'choice':
      return `Give one of ${Object.keys(spec.values).join(', ')}.`;
    case 'magnitude':
      return `Give a fraction of the pixel range from ${spec.minimum} to ${spec.maximum}, such as 8/255.`;
    case 'integer':
      return `Give a whole number from ${spec.minimum} to ${spec.maximum}.`;
    case 'number':
      return `Give a number from ${spec.minimum} to ${spec.maximum}.`;
    case 'attacks':
      return `Give 1 to ${spec.maximum} attacks.`;
  }
}

function invalid(name: string, message: string): ComputeError {
  return new ComputeError('INVALID_ATTACK', message, [name]);
}

/** The L∞ budget that attacks of this kind share. */
export const LINF_EPSILON: MagnitudeParameter = {
  type: 'magnitude',
  minimum: 0,
  maximum: 1,
  description: 'Budget: the most that any pixel value may change (L∞), as a fraction of the pixel range. The paper uses 2/255 to 16/255.',
};

/** L2 budget. The default is that of RobustBench's CIFAR-10 leaderboard (Croce et al. 2021). */
export const L2_EPSILON: MagnitudeParameter = {
  type: 'magnitude',
  default: 0.5,
  minimum: 0,
  maximum: 1000,
  description:
    'Budget: the Euclidean length of the change (L2), pixel values as fractions of the pixel range. Usual are 0.5 for images of 32 × 32 pixels and 2 for MNIST.',
};

/** L1 budget. The default is that of Croce & Hein 2021 (arXiv 2103.01208) for CIFAR-10. */
export const L1_EPSILON: MagnitudeParameter = {
  type: 'magnitude',
  default: 12,
  minimum: 0,
  maximum: 100_000,
  description:
    'Budget: the sum of the changes of all pixel values (L1), each as a fraction of the pixel range. Usual are 12 for images of 32 × 32 pixels and 10 for MNIST.',
};

/** How much of the budget a random step takes before the gradient step (α / ε). */
export const RANDOM_SHARE: NumberParameter = {
  type: 'number',
  default: 0.5,
  minimum: 0,
  maximum: 1,
  description: 'Share of the budget that the random step takes; the gradient step takes the rest. The paper takes a half.',
};

/** Random starts. Only examples that are not fooled yet are started again. */
export const RESTARTS: NumberParameter = {
  type: 'integer',
  default: 1,
  minimum: 1,
  maximum: 1000,
  description: 'Random starts of each example that the ones before have not fooled, or not brought to the target.',
};

const NO_LIMIT = 'Default: no limit. Images that need more are left as they are.';

/** Caps of attacks that look for the smallest change. */
export const LINF_CAP: MagnitudeParameter = {
  type: 'magnitude',
  optional: true,
  minimum: 0,
  maximum: 1,
  description: `The most that any pixel value may change (L∞), as a fraction of the pixel range. ${NO_LIMIT}`,
};
export const L2_CAP: MagnitudeParameter = {
  type: 'magnitude',
  optional: true,
  minimum: 0,
  maximum: 1000,
  description: `The most that the change may be long (L2), pixel values as fractions of the pixel range. ${NO_LIMIT}`,
};
export const L1_CAP: MagnitudeParameter = {
  type: 'magnitude',
  optional: true,
  minimum: 0,
  maximum: 100_000,
  description: `The most that the changes of all pixel values may sum up to (L1), each as a fraction of the pixel range. ${NO_LIMIT}`,
};
export const L0_CAP: MagnitudeParameter = {
  type: 'magnitude',
  optional: true,
  minimum: 0,
  maximum: 1_000_000,
  description: `The most pixel values (each channel counts) that may change (L0). ${NO_LIMIT}`,
};
