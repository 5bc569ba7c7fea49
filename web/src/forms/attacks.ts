/** Attacks as the form holds them, and as the API takes them. @module */
import type { AttackKindsQuery, ParameterPartsFragment } from '../data/generated';

export type AttackKind = AttackKindsQuery['attackKinds'][number];
export type Parameter = ParameterPartsFragment;

/** One attack of the form: the member of `AttackInput`, and the parameters that were set. */
export interface ChosenAttack {
  readonly name: string;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
}

export type ParameterValue = string | number | boolean | readonly (string | number)[] | readonly ChosenAttack[];

/** As `AttackInput` has it: exactly one member. */
export function toInput({ name, parameters }: ChosenAttack): Record<string, Record<string, unknown>> {
  return {
    [name]: Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, isAttacks(value) ? value.map(toInput) : value])),
  };
}

function isAttacks(value: ParameterValue): value is readonly ChosenAttack[] {
  return Array.isArray(value) && value.length > 0 && typeof value[0] === 'object';
}

/** What an address may hold: nothing but attacks in this form. */
export function readAttacks(value: unknown): ChosenAttack[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const attacks = value.filter(
    (entry): entry is ChosenAttack =>
      typeof entry === 'object' &&
      entry !== null &&
      typeof (entry as ChosenAttack).name === 'string' &&
      typeof (entry as ChosenAttack).parameters === 'object' &&
      (entry as ChosenAttack).parameters !== null,
  );
  return attacks.length > 0 ? attacks : undefined;
}

/** The one that a form begins with. */
export const preferredAttack = (kinds: readonly AttackKind[]) => kinds.find(({ name }) => name === 'pgd') ?? kinds[0]!;

/** With a value for what has no default, so that a new attack can be started as it is. */
export function newAttack(kind: AttackKind): ChosenAttack {
  const budgets = kind.parameters.filter(({ type, name }) => type === 'magnitude' && name === 'epsilon');
  return { name: kind.name, parameters: Object.fromEntries(budgets.map(({ name }) => [name, DEFAULT_BUDGET])) };
}

const DEFAULT_BUDGET = '8/255';
