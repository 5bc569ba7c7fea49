/** An attack and its parameters, as the catalogue describes them. One that is made of others holds their forms. @module */
import { ActionIcon, Anchor, Button, Card, Collapse, Group, Select, SimpleGrid, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { NORMS } from '../components/attack';
import { newAttack, preferredAttack, type AttackKind, type ChosenAttack, type Parameter, type ParameterValue } from './attacks';
import { ParameterField } from './parameter-field';

interface AttackFormProps {
  readonly attack: ChosenAttack;
  readonly kinds: readonly AttackKind[];
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

function AttackForm({ attack, kinds, onChange, onRemove }: AttackFormProps) {
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
        <ParameterField
          key={parameter.name}
          parameter={parameter}
          value={attack.parameters[parameter.name]}
          kinds={kinds}
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

interface AttackListProps {
  readonly attacks: readonly ChosenAttack[];
  readonly kinds: readonly AttackKind[];
  readonly onChange: (attacks: readonly ChosenAttack[]) => void;
  /** Whether the last one cannot be removed. */
  readonly needsOne?: boolean;
}

/** Attacks, each with its form, and a button for one more. */
export function AttackList({ attacks, kinds, onChange, needsOne = false }: AttackListProps) {
  return (
    <Stack>
      {attacks.map((attack, i) => (
        <AttackForm
          key={i}
          attack={attack}
          kinds={kinds}
          onChange={(next) => onChange(attacks.map((other, j) => (j === i ? next : other)))}
          onRemove={needsOne && attacks.length === 1 ? undefined : () => onChange(attacks.filter((_, j) => j !== i))}
        />
      ))}
      <Button
        variant="light"
        style={{ alignSelf: 'flex-start' }}
        onClick={() => kinds.length > 0 && onChange([...attacks, newAttack(preferredAttack(kinds))])}
      >
        Add an attack
      </Button>
    </Stack>
  );
}
