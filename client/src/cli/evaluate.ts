/** `gauntlet evaluate`: attacks on a model, watched to their end. @module */
import type { Command } from 'commander';
import { GauntletError } from '../errors.js';
import type { Evaluation, Gauntlet, IdOrName } from '../gauntlet.js';
import type { AttackInput, AttackKindsQuery } from '../generated.js';
import { withServer } from './connection.js';
import { percent, printJson, printTable, Progress, short } from './output.js';
import { list, wholeNumber } from './values.js';

interface EvaluateOptions {
  readonly dataset: string;
  readonly attacks: string[];
  readonly attack: AttackInput[];
  readonly epsilon: string[];
  readonly samples?: number;
  readonly offset: number;
  readonly seed: number;
  readonly keepImages: boolean;
}

type AttackKind = AttackKindsQuery['attackKinds'][number];

export function addEvaluate(program: Command): void {
  program
    .command('evaluate')
    .description('attack models and show what is left of their accuracy')
    .argument('<models...>', 'names or ids')
    .requiredOption('--dataset <name>', 'name or id of the data set')
    .option('--attacks <names>', 'names with commas between them, such as fgsm,pgd; `gauntlet attacks` lists them', list, [])
    .option(
      '--attack <json>',
      'an attack with its parameters, such as \'{"pgd": {"epsilon": "8/255", "steps": 40}}\'; may be repeated',
      attackJson,
      [],
    )
    .option('--epsilon <list>', 'budgets for --attacks, each in the norm of the attack, such as 2/255,8/255', list, [])
    .option('--samples <n>', 'number of examples', wholeNumber)
    .option('--offset <n>', 'first example', wholeNumber, 0)
    .option('--seed <n>', 'seed of everything random', wholeNumber, 0)
    .option('--keep-images', 'keep the adversarial images', false)
    .action(async (models: string[], options: EvaluateOptions, command: Command) => {
      await withServer(command, async ({ gauntlet, json }) => {
        const started = await gauntlet.startEvaluation({
          modelIds: await Promise.all(models.map((model) => idOf(model, 'model', gauntlet.model.bind(gauntlet)))),
          datasetId: await idOf(options.dataset, 'data set', gauntlet.dataset.bind(gauntlet)),
          attacks: [...named(options, await gauntlet.attackKinds()), ...options.attack],
          sampleCount: options.samples,
          offset: options.offset,
          seed: options.seed,
          keepImages: options.keepImages,
        });
        const finished = await watch(gauntlet, started);
        if (json) printJson(finished);
        else printEvaluations(finished);
      });
    });
}

function attackJson(text: string, before: AttackInput[]): AttackInput[] {
  try {
    return [...before, JSON.parse(text) as AttackInput];
  } catch {
    throw new GauntletError('INVALID_ARGUMENT', `--attack takes JSON such as {"pgd": {"epsilon": "8/255"}}, not ${text}.`);
  }
}

async function idOf(given: string, what: string, find: (by: IdOrName) => Promise<{ id: string } | null>): Promise<string> {
  const found = (await find({ name: given })) ?? (await find({ id: given }));
  if (!found) throw new GauntletError('NOT_FOUND', `There is no ${what} "${given}".`);
  return found.id;
}

/** Each named attack with each ε; once, where it has none or none is given. */
function named({ attacks, epsilon }: EvaluateOptions, kinds: readonly AttackKind[]): AttackInput[] {
  return attacks.flatMap((name) => {
    const kind = kinds.find((candidate) => candidate.name === name);
    if (!kind)
      throw new GauntletError('NOT_FOUND', `There is no attack "${name}". Known attacks: ${kinds.map((known) => known.name).join(', ')}.`);
    const bounded = kind.parameters.some((parameter) => parameter.name === 'epsilon');
    const inputs = bounded && epsilon.length > 0 ? epsilon.map((value) => ({ epsilon: value })) : [{}];
    return inputs.map((parameters) => ({ [name]: parameters }) as unknown as AttackInput);
  });
}

/** Shows a bar for each evaluation until all have ended. */
async function watch(gauntlet: Gauntlet, started: readonly Evaluation[]): Promise<Evaluation[]> {
  const progress = new Progress();
  try {
    return await Promise.all(
      started.map(async ({ id, model, attack, job }) => {
        const bar = progress.add(`${model.name} ${title(attack)}`);
        await gauntlet.waitFor(job.id, { onProgress: (update) => bar.update(update) });
        return (await gauntlet.evaluation(id))!;
      }),
    );
  } finally {
    progress.stop();
  }
}

function title({ kind, epsilon }: Evaluation['attack']): string {
  return epsilon === null ? kind : `${kind} ε=${short(epsilon)}`;
}

export function printEvaluations(evaluations: readonly Evaluation[]): void {
  printTable(
    ['model', 'attack', 'norm', 'n', 'clean', 'under attack', 'success', 'mean L∞', 'mean L2', 'images/s'],
    evaluations.map((one) => [
      one.model.name,
      title(one.attack),
      one.attack.norm,
      String(one.sampleCount),
      percent(one.clean?.top1),
      percent(one.adversarial?.top1),
      percent(one.successRate),
      short(one.meanDistortion?.linf),
      short(one.meanDistortion?.l2),
      short(one.throughput),
    ]),
  );
  for (const { model, attack, findings } of evaluations) {
    for (const { severity, code, message } of findings ?? [])
      console.log(`${severity} ${code} (${model.name}, ${title(attack)}): ${message}`);
  }
}
