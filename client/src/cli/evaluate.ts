/** `gauntlet evaluate`: attacks on models, watched to their end. @module */
import type { Command } from 'commander';
import type { Evaluation } from '../gauntlet.js';
import { withServer } from './connection.js';
import { attackTitle, percent, printJson, printTable, short } from './output.js';
import { addRequestOptions, modelIds, modelTitle, requestOf, type RequestOptions } from './request.js';
import { positiveNumber } from './values.js';
import { evaluationJob, watch } from './watch.js';

interface EvaluateOptions extends RequestOptions {
  readonly keepImages: boolean;
  readonly predictions?: number;
}

export function addEvaluate(program: Command): void {
  addRequestOptions(program.command('evaluate'))
    .description('attack models and show their robust accuracy')
    .argument('<models...>', 'names or ids')
    .option('--keep-images', 'keep the adversarial images', false)
    .option('--predictions <k>', 'predictions whose majority decides on a class; for models that are random', positiveNumber)
    .action(async (models: string[], options: EvaluateOptions, command: Command) => {
      await withServer(command, async ({ gauntlet, json }) => {
        const started = await gauntlet.startEvaluation({
          ...(await requestOf(gauntlet, options)),
          modelIds: await modelIds(gauntlet, models),
          keepImages: options.keepImages,
          predictions: options.predictions,
        });
        await watch(gauntlet, started.map(evaluationJob));
        const finished = await Promise.all(started.map(async ({ id }) => (await gauntlet.evaluation(id))!));
        if (json) printJson(finished);
        else printEvaluations(finished);
      });
    });
}

/** As many as a whole number of 8-bit levels needs to be read back as such. */
const LINF_DIGITS = 5;

export function printEvaluations(evaluations: readonly Evaluation[]): void {
  printTable(
    ['model', 'attack', 'norm', 'n', 'clean', 'under attack', 'success', 'mean L∞', 'mean L2', 'images/s'],
    evaluations.map((one) => [
      modelTitle(one.model),
      one.predictions === 1 ? attackTitle(one.attack) : `${attackTitle(one.attack)}, most of ${one.predictions}`,
      one.attack.norm,
      String(one.sampleCount),
      percent(one.clean?.top1),
      percent(one.adversarial?.top1),
      percent(one.successRate),
      short(one.meanDistortion?.linf, LINF_DIGITS),
      short(one.meanDistortion?.l2),
      short(one.throughput),
    ]),
  );
  for (const { model, attack, findings } of evaluations) {
    for (const { severity, code, message } of findings ?? [])
      console.log(`${severity} ${code} (${modelTitle(model)}, ${attackTitle(attack)}): ${message}`);
  }
}
