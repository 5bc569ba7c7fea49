/** What evaluations and transfers ask for alike: attacks on examples of a data set. @module */
import type { Command } from 'commander';
import { didYouMean } from 'graphql/jsutils/didYouMean.js';
import { suggestionList } from 'graphql/jsutils/suggestionList.js';
import { GauntletError } from '../errors.js';
import type { Gauntlet, IdOrName, Model, ModelKey } from '../gauntlet.js';
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
    attacks: [...namedAttacks(options.attacks, options.epsilon, await gauntlet.attackKinds()), ...options.attack],
    sampleCount: options.samples,
    offset: options.offset,
    seed: options.seed,
    judging: options.judging,
  };
}

/** @param names names or ids; `name@2` is version 2 of a name. */
export function modelIds(gauntlet: Gauntlet, names: readonly string[]): Promise<string[]> {
  return Promise.all(names.map(async (name) => (await modelOf(gauntlet, name)).id));
}

/** @param name name or id; `name@2` is version 2 of a name. @throws GauntletError NOT_FOUND with similar names. */
export function modelOf(gauntlet: Gauntlet, name: string): Promise<Model> {
  return foundBy(
    name,
    'model',
    (by) => gauntlet.model(withVersion(by)),
    () => gauntlet.models(SUGGESTED_FROM),
  );
}

function withVersion(by: IdOrName): ModelKey {
  // A name has no @.
  const [, name, version] = ('name' in by && /^(.*)@([1-9]\d{0,8})$/s.exec(by.name)) || [];
  return name === undefined ? by : { name, version: Number(version) };
}

/** A model's name, with its version where it is not the first. */
export const versioned = (name: string, version: number) => (version > 1 ? `${name}@${version}` : name);

export const modelTitle = ({ name, version }: Pick<Model, 'name' | 'version'>) => versioned(name, version);

/** @param name name or id. */
export async function datasetId(gauntlet: Gauntlet, name: string): Promise<string> {
  return (await foundBy(name, 'data set', gauntlet.dataset.bind(gauntlet), () => gauntlet.datasets(SUGGESTED_FROM))).id;
}

/** @param names as {@link RequestOptions} names attacks. */
export async function attackKinds(gauntlet: Gauntlet, names: readonly string[]): Promise<AttackKindName[]> {
  const kinds = await gauntlet.attackKinds();
  return names.map((name) => kindOf(name, kinds).kind);
}

/** @throws GauntletError NOT_FOUND with the names that there are. */
function kindOf(name: string, kinds: readonly AttackKind[]): AttackKind {
  const kind = kinds.find((candidate) => candidate.name === name) ?? kinds.find((candidate) => plain(candidate.name) === plain(name));
  if (!kind)
    throw new GauntletError(
      'NOT_FOUND',
      `There is no attack "${name}".${similar(name, kinds)} Known attacks: ${kinds.map((known) => known.name).join(', ')}.`,
    );
  return kind;
}

/** As Python and results write it: `iterBasic`, `iter_basic` and `ITER_BASIC` are one attack. */
const plain = (name: string) => name.replace(/[_-]/g, '').toLowerCase();

function attackJson(text: string, before: AttackInput[]): AttackInput[] {
  try {
    return [...before, JSON.parse(text) as AttackInput];
  } catch {
    throw new GauntletError('INVALID_ARGUMENT', `--attack takes JSON such as {"pgd": {"epsilon": "8/255"}}, not ${text}.`);
  }
}

interface Named {
  readonly name: string;
}

/** Models and data sets, the newest first, among which similar names are looked for. */
const SUGGESTED_FROM = 100;

/** Such as ` Did you mean "fgsm"?`; empty where no name is similar. */
const similar = (name: string, known: readonly Named[]) =>
  didYouMean(
    suggestionList(
      name,
      known.map((one) => one.name),
    ),
  );

async function foundBy<T>(
  given: string,
  what: string,
  find: (by: IdOrName) => Promise<T | null>,
  all: () => Promise<readonly Named[]>,
): Promise<T> {
  const found = (await find({ name: given })) ?? (await find({ id: given }));
  if (!found) throw new GauntletError('NOT_FOUND', `There is no ${what} "${given}".${similar(given, await all())}`);
  return found;
}

/** Each named attack with each ε; once, where it has none, has its own, or none is given. */
export function namedAttacks(
  attacks: readonly string[],
  epsilons: readonly string[],
  kinds: readonly AttackKind[],
  parameters: Readonly<Record<string, unknown>> = {},
): AttackInput[] {
  return attacks.flatMap((name) => {
    const kind = kindOf(name, kinds);
    const bounded = kind.parameters.some((parameter) => parameter.name === 'epsilon') && parameters['epsilon'] === undefined;
    const inputs = bounded && epsilons.length > 0 ? epsilons.map((epsilon) => ({ ...parameters, epsilon })) : [parameters];
    return inputs.map((input) => ({ [kind.name]: input }) as unknown as AttackInput);
  });
}
