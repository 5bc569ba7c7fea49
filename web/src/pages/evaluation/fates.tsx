/** What became of an example under every other attack, on every model. @module */
import { Badge, Stack, Text, Title } from '@mantine/core';
import { AttackName } from '../../components/attack';
import { DataTable, type Column } from '../../components/data-table';
import { AnchorLink } from '../../components/links';
import { amount } from '../../components/numbers';
import { Loaded } from '../../components/states';
import { ExampleFatesDocument, type ExampleFatesQuery } from '../../data/generated';
import { useData } from '../../data/use-data';

type Fate = ExampleFatesQuery['exampleFates']['fates'][number];

export function Fates({ datasetId, index }: { readonly datasetId: string; readonly index: number }) {
  const data = useData(ExampleFatesDocument, { datasetId, index });
  const columns: readonly Column<Fate>[] = [
    { name: 'Model', cell: ({ evaluation: { model } }) => model.name },
    {
      name: 'Attack or corruption',
      cell: ({ evaluation: { id, attack } }) => (
        <AnchorLink to="/evaluations/$id" params={{ id }} search={{ example: index }}>
          <AttackName attack={attack} />
        </AnchorLink>
      ),
    },
    { name: 'Original image', cell: ({ cleanCorrect }) => <Right isRight={cleanCorrect} /> },
    { name: 'Under attack', cell: ({ adversarialCorrect }) => <Right isRight={adversarialCorrect} /> },
  ];
  return (
    <Stack gap="xs">
      <Title order={3} size="h5">
        In every evaluation
      </Title>
      <Loaded of={data}>
        {({ exampleFates: { evaluationCount, adversarialCorrectCount, fates } }) => (
          <>
            <Text size="sm">
              Classified correctly under attack in {amount(adversarialCorrectCount)} of {amount(evaluationCount)} evaluations that have this
              image.
            </Text>
            <div style={{ maxHeight: 320, overflowY: 'auto' }} tabIndex={0} role="group" aria-label="Its evaluations, which scroll">
              <DataTable
                label="This image in every evaluation"
                rows={fates}
                keyOf={({ evaluation }) => evaluation.id}
                columns={columns}
                minWidth={480}
              />
            </div>
          </>
        )}
      </Loaded>
    </Stack>
  );
}

function Right({ isRight }: { readonly isRight: boolean }) {
  return (
    <Badge color={isRight ? 'green' : 'orange'} variant="light" tt="none">
      {isRight ? 'right' : 'wrong'}
    </Badge>
  );
}
