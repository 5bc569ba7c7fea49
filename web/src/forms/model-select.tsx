/** Choosing models by name, of as many as there are: the server is asked for those whose names have the letters that were typed. @module */
import { MultiSelect, Select, type MultiSelectProps, type SelectProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useRef, useState } from 'react';
import { ModelChoicesDocument, type ModelChoiceFragment } from '../data/generated';
import { useData } from '../data/use-data';
import { versioned } from '../pages/models/words';

interface Options {
  /** Offers only those that can be evaluated. */
  readonly isReady?: boolean;
  /** Never offered. */
  readonly except?: string;
}

/** @param chosen ids of models that are shown by name whatever is typed. @param text what was typed. */
function useChoices(chosen: readonly string[], text: string, { isReady = false, except }: Options) {
  const [typed] = useDebouncedValue(text.trim(), 200);
  const filter = { ...(typed !== '' && { nameContains: typed }), ...(isReady && { statuses: ['READY' as const] }) };
  const { data } = useData(ModelChoicesDocument, { filter, chosen: [...chosen] });
  // What was found before stays, so that what is chosen keeps its name while the server is asked. The field itself narrows it to what was typed.
  const seen = useRef(new Map<string, ModelChoiceFragment>());
  for (const model of [...modelsOf(data?.chosen), ...(data?.models.nodes ?? [])]) seen.current.set(model.id, model);
  return [...seen.current.values()].filter(({ id }) => id !== except).map((model) => ({ value: model.id, label: versioned(model) }));
}

const modelsOf = (nodes: readonly (ModelChoiceFragment | { readonly __typename?: string } | null)[] = []) =>
  nodes.filter((node): node is ModelChoiceFragment => node !== null && 'name' in node);

/** Models by their ids, without those that are gone. */
export function useChosenModels(ids: readonly string[]): readonly ModelChoiceFragment[] {
  const { data } = useData(ModelChoicesDocument, { filter: { statuses: ['READY'] }, chosen: [...ids] });
  return modelsOf(data?.chosen);
}

type ModelSelectProps = Options &
  Omit<SelectProps, 'data' | 'value' | 'onChange' | 'searchable'> & {
    readonly value: string | undefined;
    readonly onChange: (value: string | undefined) => void;
  };

export function ModelSelect({ value, onChange, isReady, except, ...props }: ModelSelectProps) {
  const [text, setText] = useState('');
  const [label, setLabel] = useState('');
  const chosen = value === undefined ? [] : [value];
  // What is chosen stands in the field as if it had been typed.
  const choices = useChoices(chosen, text === label ? '' : text, { isReady, except } as Options);
  const name = choices.find((choice) => choice.value === value)?.label ?? '';
  if (name !== label) setLabel(name);
  return (
    <Select
      searchable
      nothingFoundMessage="No model has such a name"
      {...props}
      data={choices}
      value={value ?? null}
      onChange={(next) => onChange(next ?? undefined)}
      onSearchChange={setText}
    />
  );
}

type ModelMultiSelectProps = Options &
  Omit<MultiSelectProps, 'data' | 'value' | 'onChange' | 'searchable'> & {
    readonly value: readonly string[];
    readonly onChange: (value: string[]) => void;
  };

export function ModelMultiSelect({ value, onChange, isReady, except, ...props }: ModelMultiSelectProps) {
  const [text, setText] = useState('');
  const choices = useChoices(value, text, { isReady, except } as Options);
  return (
    <MultiSelect
      searchable
      nothingFoundMessage="No model has such a name"
      {...props}
      data={choices}
      value={[...value]}
      onChange={onChange}
      onSearchChange={setText}
    />
  );
}
