/** `gauntlet transfer`: transfer of adversarial images from some models to others. @module */
import type { Command } from 'commander';
import type { Transfer } from '../gauntlet.js';
import { withServer } from './connection.js';
import { attackTitle, percent, printJson, printTable } from './output.js';
import { addRequestOptions, modelIds, modelTitle, requestOf, type RequestOptions } from './request.js';
import { list } from './values.js';
import { evaluationJob, watch } from './watch.js';

interface TransferOptions extends RequestOptions {
  readonly sources: string[];
  readonly targets: string[];
}

export function addTransfer(program: Command): void {
  addRequestOptions(
    program
      .command('transfer')
      .description('show how many of the images that fool one model fool another')
      .requiredOption('--sources <models>', 'models to attack: names or ids with commas between them', list)
      .requiredOption('--targets <models>', 'models to evaluate on the images; a source may be among them', list),
  ).action(async (options: TransferOptions, command: Command) => {
    await withServer(command, async ({ gauntlet, json }) => {
      const { id, evaluations, job } = await gauntlet.startTransfer({
        ...(await requestOf(gauntlet, options)),
        sourceIds: await modelIds(gauntlet, options.sources),
        targetIds: await modelIds(gauntlet, options.targets),
      });
      await watch(gauntlet, [...evaluations.map(evaluationJob), { name: 'transfer', jobId: job.id }]);
      const finished = (await gauntlet.transfer(id))!;
      if (json) printJson(finished);
      else printTransfer(finished);
    });
  });
}

/** A row for each source under each attack, a column for each target. */
function printTransfer({ evaluations, targets, cells }: Transfer): void {
  printTable(
    ['source', 'attack', ...targets.map((target) => `fools ${modelTitle(target)}`)],
    evaluations.map(({ id, model, attack }) => [
      modelTitle(model),
      attackTitle(attack),
      ...targets.map((target) => {
        const rate = cells.find((cell) => cell.evaluation.id === id && cell.target.id === target.id)?.rate;
        return rate && rate.value !== null ? `${percent(rate)} of ${rate.n}` : '–';
      }),
    ]),
  );
}
