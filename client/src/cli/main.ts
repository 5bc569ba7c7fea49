/** The command line `gauntlet`. @module */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { addBenchmarks } from './benchmark.js';
import { addComparisons } from './compare.js';
import { addCompletion } from './completion.js';
import { addCorruption } from './corruption.js';
import { addEvaluate } from './evaluate.js';
import { addFiles } from './files.js';
import { addGate, ExitStatus } from './gate/gate.js';
import { addLeaderboard } from './leaderboard.js';
import { addLists } from './lists.js';
import { addManagement } from './manage.js';
import { reasonOf } from './output.js';
import { addSubmit } from './submit.js';
import { addTraining } from './train.js';
import { addTransfer } from './transfer.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

/** @param argv as `process.argv`. @returns the exit status: 0, or 1 with the reason on standard error. */
export async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('gauntlet')
    .description('Measures how robust image classifiers are to adversarial examples, on a Gauntlet server.')
    // Not as defaults, which `--help` prints: an address may hold a password too.
    .addOption(new Option('--url <url>', 'address of the server').env('GAUNTLET_URL').default('http://127.0.0.1:4000'))
    .addOption(new Option('--token <token>', 'access token').env('GAUNTLET_TOKEN'))
    .option('--json', 'print JSON instead of tables')
    .version(version, '--version', 'print the version');
  addSubmit(program);
  addEvaluate(program);
  addTransfer(program);
  addLeaderboard(program);
  addLists(program);
  addComparisons(program);
  addCorruption(program);
  addBenchmarks(program);
  addTraining(program);
  addFiles(program);
  addManagement(program);
  addGate(program);
  addCompletion(program);
  exitOverride(program);
  try {
    await program.parseAsync(argv as string[]);
    return 0;
  } catch (error) {
    if (error instanceof ExitStatus) return error.status;
    // Commander has said what is wrong itself.
    if (error instanceof CommanderError) return error.exitCode;
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    console.error(reason);
    return 1;
  }
}

/** Commander ends the process otherwise. */
function exitOverride(command: Command): void {
  command.exitOverride();
  for (const each of command.commands) exitOverride(each);
}
