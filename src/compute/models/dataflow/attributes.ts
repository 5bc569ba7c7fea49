/** Attributes of a node, read with the type that its operator expects. @module */
import { ComputeError } from '../../errors.js';
import type { HostTensor } from '../../tensors/index.js';

export type AttributeValue = number | string | boolean | readonly number[] | readonly string[] | HostTensor;

export class Attributes {
  /** @param node name of the node, for messages. */
  constructor(
    private readonly node: string,
    readonly values: Readonly<Record<string, AttributeValue>>,
  ) {}

  has(name: string): boolean {
    return this.values[name] !== undefined;
  }

  number(name: string, fallback?: number): number {
    return this.read(name, fallback, 'a number', (value) => typeof value === 'number');
  }

  string(name: string, fallback?: string): string {
    return this.read(name, fallback, 'a string', (value) => typeof value === 'string');
  }

  /** A flag; 0 and 1 stand for booleans in ONNX. */
  flag(name: string, fallback = false): boolean {
    return Boolean(
      this.read<number | boolean>(name, fallback, 'a flag', (value) => typeof value === 'boolean' || typeof value === 'number'),
    );
  }

  numbers(name: string, fallback?: readonly number[]): readonly number[] {
    return this.read(name, fallback, 'a list of numbers', (value) => isListOf(value, 'number'));
  }

  strings(name: string, fallback?: readonly string[]): readonly string[] {
    return this.read(name, fallback, 'a list of strings', (value) => isListOf(value, 'string'));
  }

  tensor(name: string): HostTensor {
    return this.read<HostTensor>(name, undefined, 'a tensor', (value) => typeof value === 'object' && 'data' in value);
  }

  private read<T extends AttributeValue>(name: string, fallback: T | undefined, what: string, fits: (value: AttributeValue) => boolean): T {
    const value = this.values[name] ?? fallback;
    if (value !== undefined && fits(value)) return value as T;
    const found = value === undefined ? 'is missing' : `is not ${what}`;
    throw new ComputeError('INVALID_MODEL', `Node ${this.node}: the attribute ${name} ${found}.`, ['graph', this.node, name]);
  }
}

function isListOf(value: AttributeValue, type: 'number' | 'string'): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === type);
}
