/** An attack and its parameters, as the catalogue describes them. One that is made of others holds their forms. @module */
import {
  ActionIcon,
  Anchor,
  Button,
  Card,
  Collapse,
  Group,
  MultiSelect,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  TextInput,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { NORMS } from '../../components/attack';
import { newAttack, type AttackKind, type ChosenAttack, type Parameter, type ParameterValue } from './attacks';

interface AttackFormProps {
  readonly attack: ChosenAttack;
  readonly kinds: readonly AttackKind[];
  readonly models: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (attack: ChosenAttack) => void;
  readonly onRemove?: (() => void) | undefined;
}

const ACCESS = { GRADIENT: 'Gradients', SCORE: 'Scores', DECISION: 'Decisions', NONE: 'Needs nothing of the model' } as const;

/** For a list of attacks, by what they need of the model. */
const choicesOf = (kinds: readonly AttackKind[]) =>
  (['GRADIENT', 'SCORE', 'DECISION', 'NONE'] as const)
    .map((access) => ({
      group: ACCESS[access],
      items: kinds.filter((kind) => kind.access === access).map(({ name, title }) => ({ value: name, label: title })),
    }))
    .filter(({ items }) => items.length > 0);

export function AttackForm({ attack, kinds, models, onChange, onRemove }: AttackFormProps) {
  const kind = kinds.find(({ name }) => name === attack.name);
  const [isOpen, { toggle }] = useDisclosure(false);
  const set = (name: string, value: ParameterValue | undefined) => {
    const { [name]: _, ...rest } = attack.parameters;
    onChange({ ...attack, parameters: value === undefined ? rest : { ...rest, [name]: value } });
  };
  // The budget, and what must be given, at once; the rest, which has defaults, on demand.
  const isFirst = ({ name, required, type }: Parameter) => required || name === 'epsilon' || name === 'steps' || type === 'attacks';
  const first = kind?.parameters.filter(isFirst) ?? [];
  const rest = kind?.parameters.filter((parameter) => !isFirst(parameter)) ?? [];
  const fields = (parameters: readonly Parameter[]) => (
    <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
      {parameters.map((parameter) => (
        <Field
          key={parameter.name}
          parameter={parameter}
          value={attack.parameters[parameter.name]}
          kinds={kinds}
          models={models}
          onChange={(value) => set(parameter.name, value)}
        />
      ))}
    </SimpleGrid>
  );
  return (
    <Card padding="sm">
      <Stack gap="sm">
        <Group align="flex-end" wrap="nowrap">
          <Select
            label="Attack"
            style={{ flex: 1 }}
            searchable
            allowDeselect={false}
            data={choicesOf(kinds)}
            value={attack.name}
            onChange={(name) => {
              const next = kinds.find((candidate) => candidate.name === name);
              if (next) onChange(newAttack(next));
            }}
          />
          {onRemove && (
            <ActionIcon variant="default" size="input-sm" onClick={onRemove} aria-label={`Remove ${kind?.title ?? 'this attack'}`}>
              ✕
            </ActionIcon>
          )}
        </Group>
        {kind && (
          <Text size="sm" c="dimmed">
            {kind.description} {kind.norms.map((norm) => NORMS[norm]).join(', ')}.{' '}
            <Anchor href={kind.reference.link} target="_blank" rel="noreferrer" inherit underline="always">
              {kind.reference.authors} {kind.reference.year}
            </Anchor>
          </Text>
        )}
        {first.length > 0 && fields(first)}
        {rest.length > 0 && (
          <>
            <Button variant="subtle" size="compact-sm" onClick={toggle} aria-expanded={isOpen} style={{ alignSelf: 'flex-start' }}>
              {isOpen ? 'Fewer parameters' : `${rest.length} more parameters, which have defaults`}
            </Button>
            <Collapse expanded={isOpen}>{fields(rest)}</Collapse>
          </>
        )}
      </Stack>
    </Card>
  );
}

interface FieldProps {
  readonly parameter: Parameter;
  readonly value: ParameterValue | undefined;
  readonly kinds: readonly AttackKind[];
  readonly models: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (value: ParameterValue | undefined) => void;
}

const numbersOf = (text: string) =>
  text
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map(Number)
    .filter(Number.isFinite);

function Field({ parameter, value, kinds, models, onChange }: FieldProps) {
  const { name, type, description, required, minimum, maximum, values } = parameter;
  const defaultText = parameter.default == null ? (required ? '' : 'derived') : String(parameter.default);
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
        <MultiSelect
          {...common}
          data={[...models]}
          searchable
          value={Array.isArray(value) ? value.map(String) : []}
          onChange={(next) => onChange(next.length > 0 ? next : undefined)}
          clearable
        />
      );
    case 'attacks': {
      const attacks = (Array.isArray(value) ? value : []) as readonly ChosenAttack[];
      return (
        <Stack gap="xs" style={{ gridColumn: '1 / -1' }} role="group" aria-label={name}>
          <Text size="sm" fw={500}>
            {name}
          </Text>
          <Text size="xs" c="dimmed">
            {description}
          </Text>
          {attacks.map((attack, i) => (
            <AttackForm
              key={i}
              attack={attack}
              kinds={kinds}
              models={models}
              onChange={(next) => onChange(attacks.map((other, j) => (j === i ? next : other)))}
              onRemove={() => onChange(attacks.filter((_, j) => j !== i))}
            />
          ))}
          <Button
            variant="light"
            size="xs"
            style={{ alignSelf: 'flex-start' }}
            onClick={() => kinds[0] && onChange([...attacks, newAttack(kinds.find((kind) => kind.name === 'pgd') ?? kinds[0])])}
          >
            Add an attack to the list
          </Button>
        </Stack>
      );
    }
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
