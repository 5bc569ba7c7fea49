/**
 * Submits networks of real exporters to a real server, and compares what it makes of them with their frameworks:
 * `npm run test:exporters [-- --short] [--shard I/N] [--only PART_OF_NAME[,PART_OF_NAME]] [--patience SECONDS] [--report FILE] [--expect]`.
 * Fails where one is accepted and computes something else, or ends worse than `expected.json` says, which `--expect` rewrites.
 * @module
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { linesOf } from './networks.js';
import { type Expected, failures, line, table } from './report.js';
import { type ExportersServer, startExportersServer } from './server.js';
import { notExported, type Verdict, verdictOf } from './verdict.js';

const EXPECTED = new URL('../../../tests/exporters/expected.json', import.meta.url);

/** Networks at once: while one is validated, another is compared. */
const AT_ONCE = 2;

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    // Which of so many shares of the networks.
    shard: { type: 'string', default: '1/1' },
    only: { type: 'string' },
    patience: { type: 'string', default: '300' },
    report: { type: 'string' },
    expect: { type: 'boolean', default: false },
  },
});

/** The Pythons of `scripts/with-exporters.sh`, and what each of them makes. */
const PROGRAMS = [
  { python: process.env.GAUNTLET_TORCH_PYTHON, program: 'make_torch.py' },
  { python: process.env.GAUNTLET_TENSORFLOW_PYTHON, program: 'make_tensorflow.py' },
];

const verdicts: Verdict[] = [];

function conclude(verdict: Verdict): void {
  verdicts.push(verdict);
  console.error(line(verdict));
}

const root = await mkdtemp(join(tmpdir(), 'gauntlet-exporters-'));
let server: ExportersServer | undefined;
try {
  const running = new Set<Promise<void>>();
  const args = [
    '--out',
    root,
    '--shard',
    values.shard,
    ...(values.short ? ['--short'] : []),
    ...(values.only ? ['--only', values.only] : []),
  ];
  for (const { python, program } of PROGRAMS) {
    if (!python) continue;
    for await (const made of linesOf(python, program, args)) {
      if ('datasets' in made) server ??= await startExportersServer(made.datasets, Number(values.patience));
      else if ('failed' in made) conclude(notExported(made));
      else {
        const task = verdictOf(server!, made)
          .then(conclude)
          .then(() => rm(made.folder, { recursive: true, force: true }))
          .finally(() => running.delete(task));
        running.add(task);
        if (running.size >= AT_ONCE) await Promise.race(running);
      }
    }
  }
  await Promise.all(running);
} finally {
  await server?.close();
  await rm(root, { recursive: true, force: true });
}

if (verdicts.length === 0) throw new Error('There is no network of this name, or no Python: run it by `npm run test:exporters`.');
console.log(table(verdicts));
const refused = verdicts.filter(({ verdict }) => verdict === 'REFUSED' || verdict === 'ACCEPTED_BLACK_BOX');
if (refused.length > 0) console.log(`\nRefused with gradients:\n\n${refused.map((verdict) => `- ${line(verdict)}`).join('\n')}`);
if (values.report) await writeFile(values.report, `${JSON.stringify(verdicts, null, 2)}\n`);

const expected: Expected = JSON.parse(await readFile(EXPECTED, 'utf8'));
if (values.expect) {
  const found = Object.fromEntries(verdicts.map(({ name, verdict }) => [name, verdict]));
  const sorted = Object.entries({ ...expected, ...found }).sort(([a], [b]) => a.localeCompare(b));
  await writeFile(EXPECTED, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}
const failed = failures(verdicts, values.expect ? {} : expected);
if (failed.length > 0) console.log(`\nFailed:\n\n${failed.map((one) => `- ${one}`).join('\n')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
