/** `gauntlet leaderboard`: models by what is left under the worst of their attacks. @module */
import type { Command } from 'commander';
import type { Leaderboard } from '../gauntlet.js';
import type { Norm } from '../generated.js';
import { withServer } from './connection.js';
import { percent, printJson, printTable } from './output.js';
import { attackKinds, datasetId, modelTitle } from './request.js';
import { list, wholeNumber } from './values.js';

interface LeaderboardOptions {
  readonly dataset: string;
  readonly norm: Norm;
  readonly epsilon: string;
  readonly attacks?: string[];
  readonly samples?: number;
  readonly offset?: number;
  readonly first: number;
}

export function addLeaderboard(program: Command): void {
  program
    .command('leaderboard')
    .description('list models by their accuracy under the worst of the attacks with a budget')
    .requiredOption('--dataset <name>', 'name or id of the data set')
    .requiredOption('--epsilon <size>', 'the budget, such as 8/255')
    .option('--norm <norm>', 'norm of the budget: LINF, L2, L1 or L0', 'LINF')
    .option('--attacks <names>', 'only these attacks, such as fgsm,pgd, and only models attacked with all of them', list)
    .option('--samples <n>', 'only evaluations of this many examples', wholeNumber)
    .option('--offset <n>', 'only evaluations that begin with this example', wholeNumber)
    .option('--first <n>', 'at most so many', wholeNumber, 20)
    .action(async ({ dataset, attacks, samples, first, ...range }: LeaderboardOptions, command: Command) => {
      await withServer(command, async ({ gauntlet, json }) => {
        const input = {
          ...range,
          datasetId: await datasetId(gauntlet, dataset),
          attackKinds: attacks && (await attackKinds(gauntlet, attacks)),
          sampleCount: samples,
        };
        const leaderboard = await gauntlet.leaderboard(input, first);
        if (json) printJson(leaderboard);
        else printLeaderboard(leaderboard);
      });
    });
}

function printLeaderboard({ attacks, entries, excluded, excludedCount }: Leaderboard): void {
  printTable(
    ['rank', 'ties', 'model', 'n', 'clean', 'worst case', 'attacks', 'findings'],
    entries.nodes.map(({ rank, tiedFrom, tiedTo, model, twins, clean, robust, attackKinds, maskedGradients, findings }) => [
      String(rank),
      tiedFrom < tiedTo ? `${tiedFrom}–${tiedTo}` : '',
      [model, ...twins].map(modelTitle).join(' = '),
      String(robust.n),
      percent(clean),
      percent(robust) + (maskedGradients ? ' masked' : ''),
      attackKinds.join(' '),
      findings.map(({ code }) => code).join('\n'),
    ]),
  );
  if (entries.nodes.some(({ maskedGradients }) => maskedGradients)) {
    console.log('masked: findings say that gradients are masked. The worst case is not to be believed, and ranks behind all others.');
  }
  if (excludedCount > 0) {
    console.log(`Not ranked (${excludedCount}), for what they were not attacked by on these examples:`);
    printTable(
      ['model', 'missing'],
      excluded.map(({ model, missing }) => [model ? modelTitle(model) : '', missing.map(attackName).join('\n')]),
    );
  }
  if (attacks.length === 0 && excludedCount === 0) console.log('No model has finished an attack of this norm and budget on this data set.');
}

/** `PGD epsilon=0.1 steps=40`. */
function attackName({ kind, parameters }: Leaderboard['attacks'][number]): string {
  const values = Object.entries(parameters ?? {}).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [kind, ...values].join(' ');
}
