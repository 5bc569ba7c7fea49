/** Settings of a layer as attributes of a node, read and checked. @module */
import { ComputeError } from '../../errors.js';
import { Attributes, type AttributeValue } from '../dataflow/attributes.js';

/**
 * A layer's configuration: keys in snake case, nulls left out, lists flat with -1 for null, and functions (activations, initializers) by
 * their names.
 */
export function settingsOf(name: string, config: Readonly<Record<string, unknown>>): Attributes {
  const values: Record<string, AttributeValue> = Object.create(null);
  for (const [key, value] of Object.entries(config)) {
    const setting = settingOf(value);
    if (setting !== undefined) values[snakeCase(key)] = setting;
  }
  return new Attributes(name, values);
}

function settingOf(value: unknown): AttributeValue | undefined {
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) {
    const flat = value.flat(2).map((item: unknown) => item ?? -1);
    if (flat.every((item) => typeof item === 'number')) return flat;
    return flat.every((item) => typeof item === 'string') ? flat : undefined;
  }
  return classNameOf(value);
}

/** Name of a function or class that is written as an object; of a function, Keras 3 writes it as the settings. */
export function classNameOf(value: unknown): string | undefined {
  const { class_name, config } = (value ?? {}) as { class_name?: unknown; config?: unknown };
  const name = class_name === 'function' ? config : class_name;
  return typeof name === 'string' ? name : undefined;
}

/** tfjs-layers reads `hardSigmoid` as it reads `hard_sigmoid`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter, at: number) => (at > 0 ? '_' : '') + letter.toLowerCase());
}

/** A size: a whole number from 1 up. @throws ComputeError INVALID_MODEL */
export function count(settings: Attributes, name: string, fallback?: number): number {
  return positive(name, settings.number(name, fallback));
}

function positive(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new ComputeError('INVALID_MODEL', `${name} is ${value}; it should be a whole number from 1 up`);
}

/** A size for each axis, given as one number or as a list. @throws ComputeError INVALID_MODEL */
export function counts(settings: Attributes, name: string, axes: number, fallback?: number | readonly number[]): number[] {
  return whole(settings, name, axes, fallback).map((value) => positive(name, value));
}

/** A size for each axis, which may be 0: parts of a network that training alone uses may have none left. @throws ComputeError INVALID_MODEL */
export function sizes(settings: Attributes, name: string, axes: number): number[] {
  const values = whole(settings, name, axes);
  if (values.every((value) => value >= 0)) return values;
  throw new ComputeError('INVALID_MODEL', `${name} is [${values.join(', ')}], below 0`);
}

/** A whole number for each axis, given as one number or as a list. @throws ComputeError INVALID_MODEL */
export function whole(settings: Attributes, name: string, axes: number, fallback?: number | readonly number[]): number[] {
  const given = settings.values[name] ?? fallback;
  const values = typeof given === 'number' ? Array<number>(axes).fill(given) : [...settings.numbers(name, fallback as readonly number[])];
  if (values.length === axes && values.every(Number.isSafeInteger)) return values;
  throw new ComputeError('INVALID_MODEL', `${name} is [${values.join(', ')}]; it should be a whole number or ${axes} of them`);
}

/** A name among those known, in snake case. @throws ComputeError INVALID_MODEL */
export function choice(settings: Attributes, name: string, known: readonly string[]): string {
  const given = snakeCase(settings.string(name, known[0]));
  if (known.includes(given)) return given;
  throw new ComputeError('INVALID_MODEL', `${name} is ${given}, not one of ${known.join(', ')}`);
}

export function isChannelsFirst(settings: Attributes): boolean {
  return choice(settings, 'data_format', ['channels_last', 'channels_first']) === 'channels_first';
}

export function padding(settings: Attributes): 'valid' | 'same' {
  return choice(settings, 'padding', ['valid', 'same']) as 'valid' | 'same';
}
