/** What recipes have in common: networks times seeds times attacks, and the figures of each. @module */
import { formatMagnitude } from '../compute/parameters/index.js';
import { type MeanEstimate, studentInterval } from '../compute/statistics/index.js';
import type { Attack, EvaluationTask, Network, Outcomes, Settings, Table, TrainingTask } from './types.js';

/** An attack of the paper, under the name that the paper gives it. */
export interface NamedAttack extends Attack {
  readonly title: string;
}

/** In place of a seed, of a network that was submitted. */
const SUBMITTED = 0;

/** 1, 2, … */
export const seedsOf = ({ seeds, models }: Settings): number[] => (models ? [SUBMITTED] : Array.from({ length: seeds }, (_, i) => i + 1));

/** Of a network that is trained; the name of one that was submitted. */
export const trainingKey = (network: string, seed: number) => (seed === SUBMITTED ? network : `${network}, seed ${seed}`);

export const evaluationKey = (network: string, seed: number, { title }: NamedAttack, epsilon: number) =>
  `${trainingKey(network, seed)}: ${title}, ε = ${budget(epsilon)}`;

export const budget = formatMagnitude;

export function trainings(networks: Readonly<Record<string, Network>>, settings: Settings): TrainingTask[] {
  return Object.entries(networks).flatMap(([name, network]) =>
    seedsOf(settings).map((seed) => ({ kind: 'training' as const, key: trainingKey(name, seed), network, seed })),
  );
}

/** @param options.epsilons default: those of the scale. */
export function evaluations(
  networks: readonly string[],
  attacks: readonly NamedAttack[],
  settings: Settings,
  { epsilons = settings.epsilons, keepImages = false }: { epsilons?: readonly number[]; keepImages?: boolean } = {},
): EvaluationTask[] {
  return networks.flatMap((network) =>
    seedsOf(settings).flatMap((seed) =>
      attacks.flatMap((attack) =>
        epsilons.map((epsilon) => ({
          kind: 'evaluation' as const,
          key: evaluationKey(network, seed, attack, epsilon),
          network: trainingKey(network, seed),
          attack: { kind: attack.kind, parameters: { ...attack.parameters, epsilon } },
          keepImages,
        })),
      ),
    ),
  );
}

/** Accuracies of a study's networks, one for each seed. */
export class Accuracies {
  constructor(
    private readonly outcomes: Outcomes,
    private readonly settings: Settings,
  ) {}

  /** On attacked images. */
  under(network: string, attack: NamedAttack, epsilon: number): number[] {
    return this.counts(network, attack, epsilon).map(({ n, adversarial }) => adversarial / n);
  }

  /** On clean images. Every evaluation has counted them, so any will do. */
  clean(network: string, attack: NamedAttack, epsilon: number): number[] {
    return this.counts(network, attack, epsilon).map(({ n, clean }) => clean / n);
  }

  counts(network: string, attack: NamedAttack, epsilon: number) {
    return seedsOf(this.settings).map((seed) => this.outcomes.evaluation(evaluationKey(network, seed, attack, epsilon)));
  }

  /** A row for each network and attack: accuracy on clean images, then at each budget, as in the paper's tables. */
  table(title: string, networks: readonly string[], attacks: readonly NamedAttack[], epsilons: readonly number[]): Table {
    return {
      title,
      columns: ['network, attack', 'clean', ...epsilons.map((epsilon) => `ε = ${budget(epsilon)}`)],
      rows: networks.flatMap((network) =>
        attacks.map((attack) => ({
          label: `${network}, ${attack.title}`,
          cells: [this.clean(network, attack, epsilons[0]!), ...epsilons.map((epsilon) => this.under(network, attack, epsilon))].map(
            studentInterval,
          ),
        })),
      ),
    };
  }

  /** Accuracy against budget, from clean images on. */
  curve(network: string, attack: NamedAttack, epsilons: readonly number[]): (MeanEstimate & { x: number })[] {
    const clean = { x: 0, ...studentInterval(this.clean(network, attack, epsilons[0]!)) };
    return [clean, ...epsilons.map((epsilon) => ({ x: epsilon, ...studentInterval(this.under(network, attack, epsilon)) }))];
  }
}

/** Seed by seed. */
export const differences = (first: readonly number[], second: readonly number[]): number[] => first.map((value, i) => value - second[i]!);

/** Seed by seed, over budgets or whatever else figures are taken at. */
export function meanOver<At>(all: readonly At[], valuesAt: (at: At) => readonly number[]): number[] {
  const columns = all.map(valuesAt);
  return columns[0]!.map((_, seed) => columns.reduce((sum, column) => sum + column[seed]!, 0) / columns.length);
}

/** Of the values that are there; null where none is. */
export function estimateOf(values: readonly (number | undefined)[]): MeanEstimate | null {
  const present = values.filter((value) => value !== undefined);
  return present.length === 0 ? null : studentInterval(present);
}

/** Of a curve: those where there is something. */
export function points(all: readonly number[], valuesAt: (x: number) => readonly (number | undefined)[]): (MeanEstimate & { x: number })[] {
  return all.flatMap((x) => {
    const estimate = estimateOf(valuesAt(x));
    return estimate ? [{ x, ...estimate }] : [];
  });
}
