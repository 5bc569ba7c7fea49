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
  readonly seconds: number;
  /** Of the process. */
  readonly residentBytes: number;
}

const [seed, from, to, root] = process.argv.slice(2);
const validator = new ModelValidator(await mkdtemp(join(root ?? tmpdir(), 'fuzz-')));
for (let index = Number(from); index < Number(to); index++) {
  const { of, bytes } = mutant(Number(seed), index);
  const start = performance.now();
  const verdict = await validator.verdictOn(bytes);
  const [outcome, message] = 'card' in verdict ? ['accepted', ''] : [verdict.refusal.code, verdict.refusal.message];
  const seconds = (performance.now() - start) / 1000;
  process.send!({ index, of, outcome, message, seconds, residentBytes: process.memoryUsage.rss() } satisfies Outcome);
}
await validator.close();
process.disconnect();
