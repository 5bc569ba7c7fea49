/**
 * `npm run bench` in turns with PyTorch's newest wheel, each turn a process of its own on both sides:
 * `npm run bench:beside-pytorch -- [--models m1,m2,m3] [--turns 3] [--seconds 1] [--write]`. Medians over the turns, and the spread: the fastest turn ÷ the slowest.
 * `--write` puts the table into docs/figures.md.
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { z } from 'zod';
import { processorName } from './machine.js';
import type { Report } from './run.js';
import { writeSection } from './section.js';
import { SUBJECTS } from './subjects.js';

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: 'm1,m2,m3' },
    turns: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});
const python = process.env.GAUNTLET_ORIGINALS_PYTHON;
if (!python) throw new Error('There is no Python with PyTorch: run it by `npm run bench:beside-pytorch`.');

const WORKS = ['forward', 'fgsm', 'iterative', 'training', 'algorithm1'] as const;
type Work = (typeof WORKS)[number];
const TITLES: Readonly<Record<Work, string>> = {
  forward: 'forward',
  fgsm: 'FGSM',
  iterative: 'iter. basic',
  training: 'SGD step',
  algorithm1: 'Algorithm 1',
};
type Speeds = Readonly<Record<Work, number>>;

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const lineSchema = z.object({ what: z.enum(WORKS), images_per_second: z.number(), torch: z.string() });

let torch = '';
const folder = await mkdtemp(join(tmpdir(), 'gauntlet-beside-'));

async function ours(model: string): Promise<Speeds> {
  const json = join(folder, 'ours.json');
  const options = ['--models', model, '--seconds', values.seconds, '--threads', '2', '--json', json];
  await run(process.execPath, [join(import.meta.dirname, 'index.js'), ...options], { cwd: root });
  const [row] = (JSON.parse(await readFile(json, 'utf8')) as Report).rows;
  return { forward: row!.forward, fgsm: row!.fgsm, iterative: row!.iterative, training: row!.training!, algorithm1: row!.algorithm1! };
}

async function theirs(model: string): Promise<Speeds> {
  const env = { ...process.env, BENCH_SECONDS: values.seconds };
  const { stdout } = await run(python!, [join(root, 'bench', 'pytorch_baseline.py'), model], { env });
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => lineSchema.parse(JSON.parse(line)));
  torch = lines[0]!.torch;
  return Object.fromEntries(lines.map(({ what, images_per_second }) => [what, images_per_second])) as Speeds;
}

const median = (numbers: readonly number[]) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
};
const spread = (numbers: readonly number[]) => Math.max(...numbers) / Math.min(...numbers);
const speed = (value: number) => String(Number(value.toPrecision(3)));

try {
  const rows: string[][] = [];
  for (const model of values.models.split(',')) {
    const turns: { readonly ours: Speeds; readonly theirs: Speeds }[] = [];
    for (let turn = 0; turn < Number(values.turns); turn++) turns.push({ ours: await ours(model), theirs: await theirs(model) });
    const of = (side: 'ours' | 'theirs', work: Work) => turns.map((turn) => turn[side][work]);
    for (const work of WORKS) {
      const [a, b] = [of('ours', work), of('theirs', work)];
      const row = [
        `${model} ${SUBJECTS[model]!.title}`,
        TITLES[work],
        speed(median(a)),
        speed(median(b)),
        (median(a) / median(b)).toFixed(2),
        spread(a).toFixed(2),
        spread(b).toFixed(2),
      ];
      rows.push(row);
      console.log(row.join(' | '));
    }
  }
  const head = ['network', 'work', 'Gauntlet, images/s', 'PyTorch, images/s', 'ratio', 'spread', "PyTorch's"];
  const table = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  const text = `\`npm run bench:beside-pytorch -- --models ${values.models} --turns ${values.turns} --write\`: medians of ${values.turns} turns, each a process of its own; PyTorch ${torch}, set up as
\`bench/pytorch_baseline.py\` says (channels last or first, whichever is faster); on ${processorName()}, 2 threads. The spread is the fastest turn ÷ the slowest.

${table}`;
  console.log(table);
  if (values.write) await writeSection('docs/figures.md', 'Beside PyTorch', text);
} finally {
  await rm(folder, { recursive: true, force: true });
}
