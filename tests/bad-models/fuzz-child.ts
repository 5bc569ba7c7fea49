/** Imports mutants one after the other, and says how each ended, for as long as it lives. @module */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelValidator } from './model-validator.js';
import { mutant } from './mutations.js';

export interface Outcome {
  readonly index: number;
  readonly of: string;
  readonly outcome: string;
  readonly message: string;
  /** Of the processor: a machine that is busy with something else is no fault of the file. */
  readonly seconds: number;
  /** Of the process. */
  readonly residentBytes: number;
}

const [seed, from, to, root] = process.argv.slice(2);
const validator = new ModelValidator(await mkdtemp(join(root ?? tmpdir(), 'fuzz-')));
for (let index = Number(from); index < Number(to); index++) {
  const { of, bytes } = mutant(Number(seed), index);
  const start = process.cpuUsage();
  const verdict = await validator.verdictOn(bytes);
  if ('trouble' in verdict) throw new Error(`The machine is in trouble: ${verdict.trouble}.`);
  const [outcome, message] = 'card' in verdict ? ['accepted', ''] : [verdict.refusal.code, verdict.refusal.message];
  const { user, system } = process.cpuUsage(start);
  const seconds = (user + system) / 1e6;
  process.send!({ index, of, outcome, message, seconds, residentBytes: process.memoryUsage.rss() } satisfies Outcome);
}
await validator.close();
process.disconnect();
