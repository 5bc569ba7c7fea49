/** What a generated page is, and pieces that several pages use. @module */
import { type AttackReference, formatMagnitude, type ParameterSpec, type ParameterSpecs } from '../../src/compute/index.js';

export interface GeneratedPage {
  /** Path below docs/, such as `reference/attacks.md`. */
  readonly file: string;
  /** Where its content comes from, for those who want to change it. */
  readonly source: string;
  /** Markdown from the first heading on. */
  render(): string | Promise<string>;
}

/** Text of the code as Markdown: outside of code spans, nothing in it is markup. */
export function prose(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part, i) => (i % 2 ? part : part.replace(/[<>*_[\]{}]/g, (character) => ENTITIES[character] ?? `\\${character}`)))
    .join('');
}

const ENTITIES: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '{': '&#123;', '}': '&#125;' };

export const code = (text: string): string => `\`${text}\``;

/** A Markdown table. Cells are Markdown already, but for `|` and line ends. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** `Kurakin, Goodfellow, Bengio 2016, Title` with a link. */
export function reference({ title, authors, year, link }: AttackReference): string {
  return `${prose(authors)} ${year}, [${prose(title)}](${address(link)})`;
}

function address(link: string): string {
  if (/^https?:/.test(link)) return link;
  const arxiv = /^(?:arXiv:)?(\d{4}\.\d{4,5}|[a-z-]+\/\d{7})$/i.exec(link);
  return arxiv ? `https://arxiv.org/abs/${arxiv[1]}` : `https://doi.org/${link.replace(/^doi:/i, '')}`;
}

/** Every parameter with type, default, range and meaning. */
export function parameterTable(parameters: ParameterSpecs): string {
  const entries = Object.entries(parameters);
  if (entries.length === 0) return 'No parameters.';
  return table(
    ['parameter', 'type', 'default', 'range', 'meaning'],
    entries.map(([name, spec]) => [code(name), spec.type, defaultOf(spec), rangeOf(spec), meaningOf(spec)]),
  );
}

function defaultOf(spec: ParameterSpec): string {
  if (spec.type === 'magnitude')
    return spec.default !== undefined ? code(formatMagnitude(spec.default)) : spec.optional ? 'none' : 'required';
  if (spec.type === 'attacks') return 'required';
  if (!('default' in spec)) return spec.type === 'integer' || spec.type === 'number' ? 'derived' : 'none';
  return spec.default === undefined
    ? 'derived'
    : code(typeof spec.default === 'number' ? formatMagnitude(spec.default) : String(spec.default));
}

function rangeOf(spec: ParameterSpec): string {
  switch (spec.type) {
    case 'attacks':
      return `1 to ${spec.maximum} attacks`;
    case 'models':
      return `1 to ${spec.maximum} ids`;
    case 'numbers':
      return `1 to ${spec.maximumCount} numbers above 0`;
    case 'integers':
      return `each ${spec.minimum} to ${spec.maximum}`;
    case 'boolean':
      return '';
    case 'choice':
    case 'choices':
      return Object.keys(spec.values).map(code).join(', ');
    default:
      return `${formatMagnitude(spec.minimum)} to ${formatMagnitude(spec.maximum)}`;
  }
}

function meaningOf(spec: ParameterSpec): string {
  if (!('values' in spec)) return prose(spec.description);
  const values = Object.entries(spec.values).map(([value, meaning]) => `${code(value)}: ${prose(meaning)}`);
  return [prose(spec.description), ...values].join(' ');
}
