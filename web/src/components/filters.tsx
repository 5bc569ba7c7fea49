/** Choices that narrow a list. Their values are in the address. @module */
import { Button, Card, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useState, type ReactNode } from 'react';
import { Empty } from './states';

interface FilterSelectProps<Value extends string> {
  readonly label: string;
  readonly data: readonly { readonly value: Value; readonly label: string }[] | undefined;
  readonly value: Value | undefined;
  readonly onChange: (value: Value | undefined) => void;
  readonly width?: number;
}

/** One of a few; `any` of them where none is chosen. */
export function FilterSelect<Value extends string>({ label, data = [], value, onChange, width }: FilterSelectProps<Value>) {
  return (
    <Select
      label={label}
      placeholder="any"
      clearable
      searchable={data.length > 8}
      w={width ?? 150}
      data={[...data]}
      value={value ?? null}
      onChange={(chosen) => onChange((chosen ?? undefined) as Value | undefined)}
    />
  );
}

interface FilterTextProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
  readonly width?: number;
}

/** Read when the typing pauses. */
export function FilterText({ label, value, onChange, width }: FilterTextProps) {
  const [text, setText] = useState(value ?? '');
  // When another link, or `Show all`, takes the filter off.
  useEffect(() => {
    if (value === undefined) setText('');
  }, [value]);
  const change = useDebouncedCallback((typed: string) => onChange(typed === '' ? undefined : typed), 250);
  return (
    <TextInput
      label={label}
      placeholder="any"
      w={width ?? 180}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        change(event.currentTarget.value);
      }}
    />
  );
}

/** In place of a list that has nothing to show. @param props.children where there is nothing without filters either. */
export function NothingFound({
  title,
  isFiltered,
  onClear,
  children,
}: {
  readonly title: string;
  readonly isFiltered: boolean;
  readonly onClear: () => void;
  readonly children: ReactNode;
}) {
  if (!isFiltered) return <Card>{children}</Card>;
  return (
    <Card>
      <Empty
        title={title}
        action={
          <Button variant="light" onClick={onClear}>
            Show all
          </Button>
        }
      >
        None passes all filters.
      </Empty>
    </Card>
  );
}
