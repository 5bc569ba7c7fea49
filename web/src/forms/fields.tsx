/** Fields that several forms have. @module */
import { Select, TextInput } from '@mantine/core';
import type { Visibility } from '../data/generated';
import { VISIBILITIES } from '../pages/models/words';

interface NameFieldProps {
  readonly label?: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** Of a thing that is made: the server takes these characters. */
export function NameField({ label = 'Name', value, onChange }: NameFieldProps) {
  return (
    <TextInput
      label={label}
      description="Letters, digits, spaces and . _ - + ( ) /"
      required
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

interface VisibilityFieldProps {
  /** What is seen, such as `the model and its results`. */
  readonly what: string;
  readonly value: Visibility;
  readonly onChange: (value: Visibility) => void;
}

export function VisibilityField({ what, value, onChange }: VisibilityFieldProps) {
  return (
    <Select
      label="Visibility"
      description={`Who sees ${what}.`}
      allowDeselect={false}
      data={[...VISIBILITIES]}
      value={value}
      onChange={(chosen) => chosen && onChange(chosen as Visibility)}
    />
  );
}
