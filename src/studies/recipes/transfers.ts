/** What the recipes about transfer have in common: networks of every architecture, attacked, and shown to those of the other architectures. @module */
import { FGSM, iterBasic, iterLl } from '../attacks.js';
import { evaluationKey, evaluations, seedsOf, trainingKey, trainings, type NamedAttack } from '../grid.js';
import { plain } from '../networks.js';
import type { Outcomes, Settings, Task, TransferCounts, TransferTask } from '../types.js';

export const attacksOf = (settings: Settings): NamedAttack[] => [FGSM, iterBasic(settings), iterLl(settings)];

export const namesOf = ({ architectures, models }: Settings): string[] => (models ?? architectures).map(({ name }) => name);

/** What intervals are over. */
export const repetitionsOf = ({ models }: Settings): string => (models ? 'sources' : 'seeds');

/** Networks of one seed are sources and targets for each other, so that seeds are independent repetitions. */
export function planTransfers(settings: Settings, epsilons: readonly number[]): Task[] {
  const names = namesOf(settings);
  const networks = Object.fromEntries(settings.architectures.map(({ name, architecture }) => [name, plain({ architecture })]));
  const attacked = evaluations(names, attacksOf(settings), settings, { epsilons, keepImages: true });
  const transfers: TransferTask[] = names.flatMap((name) =>
    seedsOf(settings).map((seed) => ({
      kind: 'transfer' as const,
      key: `${trainingKey(name, seed)}: transfer`,
      source: trainingKey(name, seed),
      evaluations: attacked.filter(({ network }) => network === trainingKey(name, seed)).map(({ key }) => key),
      targets: names.filter((other) => other !== name).map((other) => trainingKey(other, seed)),
    })),
  );
  return [...(settings.models ? [] : trainings(networks, settings)), ...attacked, ...transfers];
}

/** Counts of one seed's pairs of source and target. */
export class Transfers {
  constructor(
    private readonly outcomes: Outcomes,
    private readonly settings: Settings,
  ) {}

  pair(source: string, target: string, seed: number, attack: NamedAttack, epsilon: number): TransferCounts {
    return this.outcomes.transfer(evaluationKey(source, seed, attack, epsilon), trainingKey(target, seed));
  }

  /**
   * Seed by seed: the mean over all pairs of different architectures. Of submitted networks, source by source: the mean over the others.
   * Undefined where no source was fooled.
   */
  rates(attack: NamedAttack, epsilon: number): (number | undefined)[] {
    const names = namesOf(this.settings);
    return this.repetitions().map(({ seed, sources }) => {
      const pairs = sources.flatMap((source) =>
        names.filter((target) => target !== source).map((target) => rateOf(this.pair(source, target, seed, attack, epsilon))),
      );
      return meanOfPresent(pairs);
    });
  }

  /** Seed by seed, or source by source: of the images that a source gets right, the share that fools it; the mean over sources. */
  sourceSuccess(attack: NamedAttack, epsilon: number): number[] {
    return this.repetitions().map(({ seed, sources }) => {
      const rates = sources.map((name) => {
        const { successes, clean } = this.outcomes.evaluation(evaluationKey(name, seed, attack, epsilon));
        return clean === 0 ? undefined : successes / clean;
      });
      return meanOfPresent(rates) ?? 0;
    });
  }

  /** What figures are repeated over: seeds with all sources, or each source of those that were submitted. */
  private repetitions(): { readonly seed: number; readonly sources: readonly string[] }[] {
    const names = namesOf(this.settings);
    const seeds = seedsOf(this.settings);
    return this.settings.models
      ? names.map((source) => ({ seed: seeds[0]!, sources: [source] }))
      : seeds.map((seed) => ({ seed, sources: names }));
  }
}

/** The paper's transfer rate: of the images that both get right and whose attacked form fools the source, the share that fools the target. */
export function rateOf({ fooledSource, transferred }: TransferCounts): number | undefined {
  return fooledSource === 0 ? undefined : transferred / fooledSource;
}

function meanOfPresent(values: readonly (number | undefined)[]): number | undefined {
  const present = values.filter((value) => value !== undefined);
  return present.length === 0 ? undefined : present.reduce((sum, value) => sum + value, 0) / present.length;
}
