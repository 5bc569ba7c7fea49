/** The one place that checks what callers give as parameters. @module */
import { ComputeError, type ComputeErrorCode } from '../errors.js';
import type {
  AttackChoice,
  AttacksParameter,
  ChoicesParameter,
  IntegersParameter,
  ParameterSpec,
  ParameterSpecs,
  ParameterValue,
  ParameterValues,
  ValuesOf,
} from './descriptions.js';

/** What has parameters. */
interface Parameterised<Specs extends ParameterSpecs> {
  readonly title: string;
  readonly parameters: Specs;
}

/**
 * Checks the given values against their descriptions and fills in defaults.
 * @param code of the error, by what the parameters belong to.
 * @returns every parameter; undefined where it is optional and was not given.
 * @throws ComputeError of that code, with the parameter's name as path, its range, and what to do.
 */
export function validateParameters<Specs extends ParameterSpecs>(
  { title, parameters }: Parameterised<Specs>,
  given: ParameterValues,
  code: ComputeErrorCode = 'INVALID_ATTACK',
): ValuesOf<Specs> {
  const fail = (path: string[], message: string) => new ComputeError(code, message, path);
  const known = Object.keys(parameters);
  for (const name of Object.keys(given)) {
    if (given[name] !== undefined && !known.includes(name)) {
      throw fail([name], `${title} has no parameter "${name}". Its parameters: ${known.join(', ')}.`);
    }
  }
  const checked = known.map((name) => [name, checkValue(name, parameters[name]!, given[name], fail)]);
  return Object.fromEntries(checked) as ValuesOf<Specs>;
}

type Fail = (path: string[], message: string) => ComputeError;

function checkValue(name: string, spec: ParameterSpec, value: ParameterValue, fail: Fail): ParameterValue {
  if (value === undefined || value === null) {
    if (isRequired(spec)) throw fail([name], `"${name}" is missing. ${expectation(spec)}`);
    return 'default' in spec ? spec.default : undefined;
  }
  if (spec.type === 'attacks') return checkList(name, spec, value, fail);
  if (spec.type === 'integers') return checkIntegers(name, spec, value, fail);
  if (spec.type === 'choices') return checkChoices(name, spec, value, fail);
  if (isValid(spec, value)) return value;
  throw fail(
    [name],
    `"${name}" is ${typeof value === 'object' || typeof value === 'string' ? JSON.stringify(value) : String(value)}. ${expectation(spec)}`,
  );
}

/** Every attack of the list with its parameters checked; those that are absent and have no default are left out. */
function checkList(name: string, spec: AttacksParameter, value: NonNullable<ParameterValue>, fail: Fail): readonly AttackChoice[] {
  if (!isAttackList(value) || value.length < 1 || value.length > spec.maximum) throw fail([name], expectation(spec));
  return value.map(({ kind, parameters }, i) => {
    const definition = spec.of.find((candidate) => candidate.kind === kind);
    if (!definition) {
      const known = spec.of.map((candidate) => candidate.kind).join(', ');
      throw fail([name, String(i)], `${kind} cannot be in a list of attacks here. These can: ${known}.`);
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

/** Whether a list is one of attacks. An empty one may be. */
export function isAttackList(value: ParameterValue): value is readonly AttackChoice[] {
  return Array.isArray(value) && value.every((one: unknown) => typeof one === 'object');
}

function checkIntegers(name: string, spec: IntegersParameter, value: NonNullable<ParameterValue>, fail: Fail): readonly number[] {
  if (typeof value !== 'object' || value.length === 0) throw fail([name], expectation(spec));
  return value.map((one, i) => {
    if (typeof one === 'number' && Number.isInteger(one) && one >= spec.minimum && one <= spec.maximum) return one;
    throw fail([name, String(i)], `"${name}" has ${JSON.stringify(one)}. ${expectation(spec)}`);
  });
}

function checkChoices(name: string, spec: ChoicesParameter, value: NonNullable<ParameterValue>, fail: Fail): readonly string[] {
  if (typeof value !== 'object' || value.length === 0) throw fail([name], expectation(spec));
  return value.map((one, i) => {
    if (typeof one === 'string' && Object.hasOwn(spec.values, one)) return one;
    throw fail([name, String(i)], `"${name}" has ${JSON.stringify(one)}. ${expectation(spec)}`);
  });
}

/** Whether callers must give it. */
export function isRequired(spec: ParameterSpec): boolean {
  return spec.type === 'attacks' || (spec.type === 'magnitude' && spec.default === undefined && !spec.optional);
}

function isValid(
  spec: Exclude<ParameterSpec, AttacksParameter | ChoicesParameter | IntegersParameter>,
  value: NonNullable<ParameterValue>,
): boolean {
  switch (spec.type) {
    case 'boolean':
      return typeof value === 'boolean';
    case 'choice':
      return typeof value === 'string' && Object.hasOwn(spec.values, value);
    case 'models':
      return isListOf(value, spec.maximum, (one) => typeof one === 'string');
    case 'numbers':
      return isListOf(value, spec.maximumCount, (one) => typeof one === 'number' && one > 0 && one <= spec.maximum);
    default:
      // NaN fails both comparisons.
      return (
        typeof value === 'number' && value >= spec.minimum && value <= spec.maximum && (spec.type !== 'integer' || Number.isInteger(value))
      );
  }
}

function isListOf(value: NonNullable<ParameterValue>, most: number, isValidOne: (one: unknown) => boolean): boolean {
  return typeof value === 'object' && value.length >= 1 && value.length <= most && value.every(isValidOne);
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
    case 'choices':
      return `Give a list of ${Object.keys(spec.values).join(', ')}.`;
    case 'integers':
      return `Give one or more whole numbers from ${spec.minimum} to ${spec.maximum}.`;
    case 'attacks':
      return `Give 1 to ${spec.maximum} attacks.`;
    case 'models':
      return `Give the ids of 1 to ${spec.maximum} models, or leave the list out.`;
    case 'numbers':
      return `Give 1 to ${spec.maximumCount} numbers above 0, up to ${spec.maximum} each, or leave the list out.`;
  }
}
