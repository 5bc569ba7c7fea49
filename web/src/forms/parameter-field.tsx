/** A field for a parameter, as the catalogues of the server describe it: type, range, default and meaning. @module */
import { MultiSelect, NumberInput, Select, Stack, Switch, Text, TextInput } from '@mantine/core';
import { AttackList } from './attack-form';
import { ModelMultiSelect } from './model-select';
import type { AttackKind, ChosenAttack, Parameter, ParameterValue } from './attacks';

interface FieldProps {
  readonly parameter: Parameter;
  readonly value: ParameterValue | undefined;
  /** For parameters that are attacks. */
  readonly kinds?: readonly AttackKind[];
  readonly onChange: (value: ParameterValue | undefined) => void;
}

const numbersOf = (text: string) =>
  text
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map(Number)
    .filter(Number.isFinite);

/** As a fraction of 255 where it is one: 0.0627… is 16/255. */
function magnitudeText(value: unknown): string {
  const levels = Number(value) * 255;
  return levels >= 1 && Math.abs(levels - Math.round(levels)) < 1e-6 ? `${Math.round(levels)}/255` : String(value);
}

/** One parameter of the catalogue: of an attack, a training scheme, an optimizer or a schedule. */
export function ParameterField({ parameter, value, kinds = [], onChange }: FieldProps) {
  const { name, type, description, required, minimum, maximum, values } = parameter;
  const defaultText =
    parameter.default == null
      ? required
        ? ''
        : 'derived'
      : type === 'magnitude'
        ? magnitudeText(parameter.default)
        : String(parameter.default);
  const range = minimum != null && maximum != null ? ` From ${minimum} to ${maximum}.` : minimum != null ? ` At least ${minimum}.` : '';
  const common = {
    label: name,
    description: `${description}${range}`,
    required,
    inputWrapperOrder: ['label', 'input', 'description', 'error'] as ('label' | 'input' | 'description' | 'error')[],
  };
  switch (type) {
    case 'boolean':
      return (
        <Switch
          label={name}
          description={description}
          checked={(value ?? parameter.default) === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case 'integer':
    case 'number':
      return (
        <NumberInput
          {...common}
          placeholder={defaultText}
          value={typeof value === 'number' ? value : ''}
          onChange={(next) => onChange(next === '' ? undefined : Number(next))}
          allowDecimal={type === 'number'}
          {...(minimum != null && { min: minimum })}
          {...(maximum != null && { max: maximum })}
        />
      );
    case 'choice':
      return (
        <Select
          {...common}
          data={values ?? []}
          placeholder={defaultText}
          value={typeof value === 'string' ? value : null}
          onChange={(next) => onChange(next ?? undefined)}
          clearable
        />
      );
    case 'choices':
      return (
        <MultiSelect
          {...common}
          data={values ?? []}
          placeholder={defaultText}
          value={Array.isArray(value) ? value.map(String) : []}
          onChange={(next) => onChange(next.length > 0 ? next : undefined)}
          clearable
        />
      );
    case 'models':
      return (
        <ModelMultiSelect
          {...common}
          isReady
          value={Array.isArray(value) ? value.map(String) : []}
          onChange={(next) => onChange(next.length > 0 ? next : undefined)}
          clearable
        />
      );
    case 'attacks':
      return (
        <Stack gap="xs" style={{ gridColumn: '1 / -1' }} role="group" aria-label={name}>
          <Text size="sm" fw={500}>
            {name}
          </Text>
          <Text size="xs" c="dimmed">
            {description}
          </Text>
          <AttackList attacks={(Array.isArray(value) ? value : []) as readonly ChosenAttack[]} kinds={kinds} onChange={onChange} />
        </Stack>
      );
    case 'integers':
    case 'numbers':
      return (
        <TextInput
          {...common}
          placeholder={defaultText || 'such as 1, 2, 3'}
          defaultValue={Array.isArray(value) ? value.join(', ') : ''}
          onChange={(event) => {
            const numbers = numbersOf(event.currentTarget.value);
            onChange(numbers.length > 0 ? numbers : undefined);
          }}
        />
      );
    default:
      // A magnitude: a number, or a fraction such as 8/255.
      return (
        <TextInput
          {...common}
          placeholder={defaultText || 'such as 8/255 or 0.03'}
          value={value === undefined ? '' : String(value)}
          onChange={(event) => onChange(event.currentTarget.value === '' ? undefined : event.currentTarget.value)}
        />
      );
  }
}
