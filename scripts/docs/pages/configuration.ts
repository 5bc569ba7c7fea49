/** Every variable of the environment, from `src/config.ts`. @module */
import { z } from 'zod';
import { environment } from '../../../src/config.js';
import { code, type GeneratedPage, table } from '../page.js';

interface Variable {
  readonly group?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
}

export const configuration: GeneratedPage = {
  file: 'reference/configuration.md',
  source: 'src/config.ts',
  render() {
    const read = variables('input');
    // A flag has its values in the text that is read, and its default in what comes of it.
    const parsed = variables('output');
    const groups = new Map<string, string[]>();
    for (const [name, { group, description }] of Object.entries(read)) {
      if (!group || !description) throw new Error(`${name} in src/config.ts has no description.`);
      groups.set(group, [...(groups.get(group) ?? []), name]);
    }
    return [
      '# Configuration',
      'Gauntlet is configured by variables of the environment. An empty variable counts as absent. A value out of its range stops the start with a message that names the variable.',
      ...[...groups].flatMap(([group, names]) => [
        `## ${group}`,
        table(
          ['variable', 'default', 'meaning'],
          names.map((name) => [
            `<a id="${name.toLowerCase()}"></a>${code(name)}`,
            defaultOf(name, parsed[name]!),
            `${read[name]!.description!}${valuesOf(name, read[name]!)}`,
          ]),
        ),
      ]),
    ].join('\n\n');
  },
};

function variables(io: 'input' | 'output'): Readonly<Record<string, Variable>> {
  return (z.toJSONSchema(environment, { io, unrepresentable: 'any' }).properties ?? {}) as Readonly<Record<string, Variable>>;
}

const isBytes = (name: string) => /_BYTES$|_MEMORY$/.test(name);

function defaultOf(name: string, { default: value }: Variable): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '';
  return isBytes(name) ? bytes(Number(value)) : code(String(value));
}

function valuesOf(name: string, { enum: values, minimum, exclusiveMinimum, maximum }: Variable): string {
  if (values) return ` One of ${values.map(code).join(', ')}.`;
  if (maximum === undefined) return '';
  const text = isBytes(name) ? bytes : (value: number) => value.toLocaleString('en');
  return exclusiveMinimum === undefined
    ? ` From ${text(minimum!)} to ${text(maximum)}.`
    : ` Above ${text(exclusiveMinimum)}, up to ${text(maximum)}.`;
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

function bytes(count: number): string {
  const unit = count === 0 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(count) / 10));
  return `${count / 1024 ** unit} ${count === 1 ? 'byte' : UNITS[unit]}`;
}
