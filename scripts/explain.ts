/**
 * What the compiler does to a function, step by step: `npm run explain -- --model resnet-20 --function fgsm`. `--function` is `fgsm` or `training`, `--size` the
 * images at once, `--block-size` the channels in a block of onnxruntime's layout (this processor's unless given; 0 for none).
 * @module
 */
import { parseArgs } from 'node:util';
import {
  architectures,
  blockSize as blockSizeHere,
  buildArchitecture,
  type Explanation,
  type OperatorCounts,
  type PassReport,
} from '../src/compute/index.js';
import { explainFunction, FUNCTIONS } from './compiled-functions.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'resnet-20' },
    function: { type: 'string', default: 'fgsm' },
    size: { type: 'string', default: '16' },
    'block-size': { type: 'string' },
  },
});

function sum(counts: OperatorCounts): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

/** Columns of one width each; numbers to the right. */
function table(rows: readonly (readonly (string | number)[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  const cell = (value: string | number, width: number) => (typeof value === 'number' ? String(value).padStart(width) : value.padEnd(width));
  return rows.map((row) => `  ${row.map((value, column) => cell(value, widths[column]!)).join('  ')}`.trimEnd()).join('\n');
}

/** Kernels whose number changed. */
function changes({ before, after }: PassReport): string {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const changed = names.filter((name) => (before[name] ?? 0) !== (after[name] ?? 0));
  return changed.length === 0 ? '' : `\n${table(changed.map((name) => [name, before[name] ?? 0, '→', after[name] ?? 0]))}`;
}

function passText(report: PassReport, position: number): string {
  const { name, before, after, rules, folded, merged } = report;
  const lines = [`${position + 1}. ${name}: ${sum(before)} kernels → ${sum(after)}${changes(report)}`];
  const fired = [...rules].sort((a, b) => b.times - a.times);
  if (fired.length > 0) lines.push('  rules that fired:', table(fired.map((rule) => [rule.times, rule.name, rule.law])));
  if (folded > 0) lines.push(`  computed while compiling: ${folded}`);
  if (merged > 0) lines.push(`  the same as another: ${merged}`);
  return lines.join('\n');
}

function explanationText({ passes, operators, constants, bytes }: Explanation): string {
  const counts = Object.entries(operators).sort(([, a], [, b]) => b - a);
  return [
    `0. trace: ${sum(passes[0]!.before)} kernels`,
    ...passes.map(passText),
    `${passes.length + 1}. lower: ${sum(passes.at(-1)!.after)} kernels → ${sum(operators)} ONNX operators, ${constants} constants, ${bytes} bytes`,
    table(counts.map(([name, count]) => [count, name])),
  ].join('\n\n');
}

const name = FUNCTIONS.find((known) => known === values.function);
if (!name) throw new Error(`--function is one of ${FUNCTIONS.join(', ')}.`);
if (!architectures.some((known) => known.name === values.model)) {
  throw new Error(`--model is one of ${architectures.map((known) => known.name).join(', ')}.`);
}
const blockSize = values['block-size'] === undefined ? await blockSizeHere() : Number(values['block-size']);
const model = await buildArchitecture(values.model, { seed: 1 });
const explanation = await explainFunction(model, name, Number(values.size), { provider: 'cpu', blockSize, threads: 1 });
console.log(`${values.model}, ${name}, ${values.size} images at once, blocks of ${blockSize} channels\n\n${explanationText(explanation)}`);
