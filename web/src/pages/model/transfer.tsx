/** How images made on a model fool others, and how those of others fool it. @module */
import { Group, SegmentedControl } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { AttackName } from '../../components/attack';
import { DataTable, type Column } from '../../components/data-table';
import { AnchorLink } from '../../components/links';
import { Share } from '../../components/numbers';
import { Section } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import { ModelTransferDocument, type ModelTransferQuery } from '../../data/generated';
import { useData } from '../../data/use-data';

const route = getRouteApi('/models/$id');

type Cell = ModelTransferQuery['from']['cells'][number];

interface TransferProps {
  readonly modelId: string;
  /** Of its evaluations; the one that is shown comes first. */
  readonly datasetId: string;
}

export function ModelTransfer({ modelId, datasetId }: TransferProps) {
  const { transfer = 'from' } = route.useSearch();
  const navigate = route.useNavigate();
  type Search = ReturnType<typeof route.useSearch>;
  const data = useData(ModelTransferDocument, {
    from: { datasetId, sourceIds: [modelId] },
    to: { datasetId, targetIds: [modelId] },
  });
  const columns: readonly Column<Cell>[] = [
    {
      name: transfer === 'from' ? 'Target' : 'Source',
      cell: ({ source, target }) => {
        const other = transfer === 'from' ? target : source;
        return (
          <AnchorLink to="/models/$id" params={{ id: other.id }}>
            {other.name}
          </AnchorLink>
        );
      },
    },
    {
      name: 'Attack',
      cell: ({ attack, evaluation }) => (
        <AnchorLink to="/evaluations/$id" params={{ id: evaluation.id }}>
          <AttackName attack={attack} />
        </AnchorLink>
      ),
    },
    { name: 'Transfer rate', numeric: true, cell: ({ rate }) => <Share of={rate} /> },
    { name: 'Error rate of the target', numeric: true, cell: ({ errorRate }) => <Share of={errorRate} /> },
  ];
  return (
    <Loaded of={data}>
      {(matrices) => {
        const cells = matrices[transfer].cells.filter(({ source, target }) => source.id !== target.id);
        if (transfer === 'from' && cells.length === 0 && matrices.to.cells.every(({ source }) => source.id === modelId)) return null;
        return (
          <Section
            title="Transfer"
            aside={
              <Group gap="sm">
                <SegmentedControl
                  size="xs"
                  aria-label="Direction"
                  value={transfer}
                  onChange={(value) =>
                    void navigate({
                      search: (previous: Search) => ({ ...previous, transfer: value === 'to' ? 'to' : undefined }),
                      resetScroll: false,
                    })
                  }
                  data={[
                    { value: 'from', label: 'made on it' },
                    { value: 'to', label: 'shown to it' },
                  ]}
                />
                <AnchorLink to="/transfer" search={{ dataset: datasetId }}>
                  All models
                </AnchorLink>
              </Group>
            }
          >
            {cells.length === 0 ? (
              <Empty title={transfer === 'from' ? 'No other model was shown its images' : 'It was shown no images of other models'} />
            ) : (
              <DataTable
                label="Transfer"
                rows={[...cells].sort((a, b) => (b.rate.value ?? 0) - (a.rate.value ?? 0)).slice(0, 50)}
                keyOf={({ evaluation, target }) => `${evaluation.id} ${target.id}`}
                columns={columns}
              />
            )}
          </Section>
        );
      }}
    </Loaded>
  );
}
