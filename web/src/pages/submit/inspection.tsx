/** What a file would be accepted as, asked for before it is submitted. @module */
import { Alert, Button, Group, Stack, Table, Text } from '@mantine/core';
import { CleanCheckText } from '../../components/clean-check';
import { amount } from '../../components/numbers';
import type { InspectModelQuery } from '../../data/generated';
import { ACCESS } from '../models/words';

export type Inspected = InspectModelQuery['inspectModel'];

interface InspectionProps {
  readonly of: Inspected;
  /** Fills the form with the preparation that was better. */
  readonly onTake: (best: NonNullable<NonNullable<Inspected['cleanCheck']>['best']>) => void;
}

export function Inspection({ of: { access, parameterCount, spec, cleanCheck, refusal, warnings }, onTake }: InspectionProps) {
  if (refusal && !access)
    return (
      <Alert color="red" variant="light" role="alert" title="It would be rejected">
        {refusal.message}
      </Alert>
    );
  const best = cleanCheck?.best;
  const rows = [
    ['Attacks can use', access ? ACCESS[access] : '–'],
    ['Parameters', amount(parameterCount)],
    ['Input', spec?.inputShape.join(' × ') ?? '–'],
    ['Classes', amount(spec?.classCount)],
  ] as const;
  return (
    <Stack gap="xs" aria-live="polite">
      <Table highlightOnHover={false} maw={640}>
        <Table.Tbody>
          {rows.map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={500} w="12rem">
                {name}
              </Table.Th>
              <Table.Td>{value}</Table.Td>
            </Table.Tr>
          ))}
          <Table.Tr>
            <Table.Th scope="row" fw={500}>
              Accuracy
            </Table.Th>
            <Table.Td>{cleanCheck ? <CleanCheckText of={cleanCheck} /> : 'No data set fits it'}</Table.Td>
          </Table.Tr>
        </Table.Tbody>
      </Table>
      {best && (
        <Group>
          <Button variant="light" size="sm" onClick={() => onTake(best)}>
            Prepare pixels like that
          </Button>
        </Group>
      )}
      {[...(refusal ? [refusal.message] : []), ...warnings].map((text) => (
        <Text key={text} size="sm" c="dimmed">
          {text}
        </Text>
      ))}
    </Stack>
  );
}
