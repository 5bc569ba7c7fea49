/** What evaluations and transfers ask for alike: attacks on examples of a data set. @module */
import type { Command } from 'commander';
import { GauntletError } from '../errors.js';
import type { Gauntlet, IdOrName } from '../gauntlet.js';
import type { AttackInput, AttackKindName, AttackKindsQuery, Judging, StartEvaluationInput } from '../generated.js';
import { judging, list, wholeNumber } from './values.js';

export interface RequestOptions {
  readonly dataset: string;
  readonly attacks: string[];
  readonly attack: AttackInput[];
  readonly epsilon: string[];
  readonly samples?: number;
  readonly offset: number;
  readonly seed: number;
  readonly judging?: Judging;
}

type AttackKind = AttackKindsQuery['attackKinds'][number];

export function addRequestOptions(command: Command): Command {
  return command
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
    .option('--judging <how>', 'what success is decided on: stored (images of 8 bits, the default) or float (as papers do)', judging);
}

export async function requestOf(
  gauntlet: Gauntlet,
  options: RequestOptions,
): Promise<Pick<StartEvaluationInput, 'datasetId' | 'attacks' | 'sampleCount' | 'offset' | 'seed' | 'judging'>> {
  return {
    datasetId: await datasetId(gauntlet, options.dataset),
    attacks: [...named(options, await gauntlet.attackKinds()), ...options.attack],
    sampleCount: options.samples,
    offset: options.offset,
    seed: options.seed,
    judging: options.judging,
  };
}

/** @param names names or ids. */
export function modelIds(gauntlet: Gauntlet, names: readonly string[]): Promise<string[]> {
  return Promise.all(names.map((name) => idOf(name, 'model', gauntlet.model.bind(gauntlet))));
}

/** @param name name or id. */
export function datasetId(gauntlet: Gauntlet, name: string): Promise<string> {
  return idOf(name, 'data set', gauntlet.dataset.bind(gauntlet));
}

/** @param names as {@link RequestOptions} names attacks. */
export async function attackKinds(gauntlet: Gauntlet, names: readonly string[]): Promise<AttackKindName[]> {
  const kinds = await gauntlet.attackKinds();
  return names.map((name) => kindOf(name, kinds).kind);
}

/** @throws GauntletError NOT_FOUND with the names that there are. */
function kindOf(name: string, kinds: readonly AttackKind[]): AttackKind {
  const kind = kinds.find((candidate) => candidate.name === name);
  if (!kind)
    throw new GauntletError('NOT_FOUND', `There is no attack "${name}". Known attacks: ${kinds.map((known) => known.name).join(', ')}.`);
  return kind;
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
function named({ attacks, epsilon }: RequestOptions, kinds: readonly AttackKind[]): AttackInput[] {
  return attacks.flatMap((name) => {
    const bounded = kindOf(name, kinds).parameters.some((parameter) => parameter.name === 'epsilon');
    const inputs = bounded && epsilon.length > 0 ? epsilon.map((value) => ({ epsilon: value })) : [{}];
    return inputs.map((parameters) => ({ [name]: parameters }) as unknown as AttackInput);
  });
}
