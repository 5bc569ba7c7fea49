/** The command line `gauntlet`. @module */
import { Command, CommanderError, Option } from 'commander';
import { GauntletError } from '../errors.js';
import { addEvaluate } from './evaluate.js';
import { addLeaderboard } from './leaderboard.js';
import { addLists } from './lists.js';
import { addSubmit } from './submit.js';
import { addTransfer } from './transfer.js';

/** @param argv as `process.argv`. @returns the exit status: 0, or 1 with the reason on standard error. */
export async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('gauntlet')
    .description('Measures how robust image classifiers are to adversarial examples, on a Gauntlet server.')
    // Not as defaults, which `--help` prints: an address may hold a password too.
    .addOption(new Option('--url <url>', 'address of the server').env('GAUNTLET_URL').default('http://127.0.0.1:4000'))
    .addOption(new Option('--token <token>', 'access token').env('GAUNTLET_TOKEN'))
    .option('--json', 'print JSON instead of tables')
    .exitOverride();
  addSubmit(program);
  addEvaluate(program);
  addTransfer(program);
  addLeaderboard(program);
  addLists(program);
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync(argv as string[]);
    return 0;
  } catch (error) {
    // Commander has said what is wrong itself.
    if (error instanceof CommanderError) return error.exitCode;
    if (!(error instanceof GauntletError)) throw error;
    console.error(`${error.code}: ${error.message}`);
    return 1;
  }
}
