/** One member of an input of which exactly one is given: as the address has it, and as the API takes it. @module */
import { readAttacks, toInput, type ChosenAttack, type ParameterValue } from '../../forms/attacks';

export interface Selected {
  readonly name: string;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** Of schemes: what they take beside numbers. */
  readonly attacks?: readonly ChosenAttack[] | undefined;
  readonly modelIds?: readonly string[] | undefined;
  readonly unlabelledDatasetId?: string | undefined;
}

/** What an address may hold. */
export function readSelected(value: unknown): Selected | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { name, parameters, attacks, modelIds, unlabelledDatasetId } = value as Partial<Selected>;
  if (typeof name !== 'string') return undefined;
  return {
    name,
    parameters: typeof parameters === 'object' ? parameters : {},
    attacks: readAttacks(attacks),
    modelIds: Array.isArray(modelIds) ? modelIds.filter((id) => typeof id === 'string') : undefined,
    unlabelledDatasetId: typeof unlabelledDatasetId === 'string' ? unlabelledDatasetId : undefined,
  };
}

/** The chosen member, or else the one of the name, or else the first. */
export const readSelection = (selected: Selected | undefined, choices: readonly { readonly name: string }[], fallback: string): Selected =>
  selected && choices.some(({ name }) => name === selected.name)
    ? selected
    : { name: (choices.find(({ name }) => name === fallback) ?? choices[0]!).name, parameters: {} };

export const membersOf = ({ attacks, modelIds, unlabelledDatasetId }: Selected) => ({ attacks, modelIds, unlabelledDatasetId });

/** Members that take nothing are given as `true`. @param takesNothing of the catalogue. */
export function toMember({ name, parameters, attacks, modelIds, unlabelledDatasetId }: Selected): Record<string, unknown> {
  if (name === 'standard') return { [name]: true };
  return {
    [name]: {
      ...parameters,
      ...(attacks && { attacks: attacks.map((attack) => ({ attack: toInput(attack) })) }),
      ...(modelIds && { modelIds }),
      ...(unlabelledDatasetId && { unlabelledDatasetId }),
    },
  };
}
