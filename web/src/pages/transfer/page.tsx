/** How often images made on one model fool another: a heat map for each attack and budget, under either definition of the rate. @module */
import { Card, Group, SegmentedControl, Select, SimpleGrid } from '@mantine/core';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { threatText, useAttackTitle } from '../../components/attack';
import { Chart } from '../../components/chart';
import { percent } from '../../components/numbers';
import { Page, Section } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import { DatasetNamesDocument, TransferPageDocument, type TransferPageQuery } from '../../data/generated';
import { useData } from '../../data/use-data';

const route = getRouteApi('/transfer');

type Cell = TransferPageQuery['transferMatrix']['cells'][number];

const DEFINITIONS = {
  rate: 'Of the images that both models classify correctly and that fool the source, the share that fools the target.',
  errorRate: 'Of all images made on the source, the share that the target misclassifies.',
} as const;

export default function TransferPage(): ReactNode {
  const datasets = useData(DatasetNamesDocument, {});
  return (
    <Page title="Transfer" lead="Adversarial images that were made on one model (source), shown to another (target).">
      <Loaded of={datasets}>{({ datasets: { nodes } }) => <Content datasets={nodes} />}</Loaded>
    </Page>
  );
}

function Content({ datasets }: { readonly datasets: readonly { readonly id: string; readonly name: string; readonly split: string }[] }) {
  const { dataset, definition = 'rate' } = route.useSearch();
  const navigate = route.useNavigate();
  const chosen = datasets.find(({ id }) => id === dataset) ?? datasets.find(({ split }) => split === 'TEST') ?? datasets[0];
  const data = useData(TransferPageDocument, { input: { datasetId: chosen?.id ?? '' } }, { pause: !chosen });
  if (!chosen) return <Empty title="There is no data set yet" />;
  return (
    <>
      <Group align="flex-end">
        <Select
          label="Data set"
          data={datasets.map(({ id, name }) => ({ value: id, label: name }))}
          value={chosen.id}
          onChange={(value) => void navigate({ search: (previous) => ({ ...previous, dataset: value ?? undefined }), resetScroll: false })}
          allowDeselect={false}
        />
        <SegmentedControl
          aria-label="Definition of the rate"
          value={definition}
          onChange={(value) =>
            void navigate({
              search: (previous) => ({ ...previous, definition: value === 'errorRate' ? value : undefined }),
              resetScroll: false,
            })
          }
          data={[
            { value: 'rate', label: 'transfer rate' },
            { value: 'errorRate', label: 'error rate' },
          ]}
        />
      </Group>
      <Loaded of={data}>
        {({ transferMatrix: { cells } }) =>
          cells.length === 0 ? (
            <Card>
              <Empty title="No transfer has been measured on this data set">
                `startTransfer` makes images on each source and shows them to each target: see the API explorer, or the guide about
                transfer.
              </Empty>
            </Card>
          ) : (
            <SimpleGrid cols={{ base: 1, lg: 2 }}>
              {groups(cells).map(([key, group]) => (
                <Matrix key={key} cells={group} definition={definition} />
              ))}
            </SimpleGrid>
          )
        }
      </Loaded>
    </>
  );
}

/** Cells of one attack, with all its parameters. */
function groups(cells: readonly Cell[]): [string, Cell[]][] {
  const byAttack = new Map<string, Cell[]>();
  for (const cell of cells) {
    const key = JSON.stringify([cell.attack.kind, cell.attack.epsilon, cell.attack.parameters]);
    byAttack.set(key, [...(byAttack.get(key) ?? []), cell]);
  }
  return [...byAttack];
}

function Matrix({ cells, definition }: { readonly cells: readonly Cell[]; readonly definition: 'rate' | 'errorRate' }) {
  const navigate = useNavigate();
  const titleOf = useAttackTitle();
  const { attack } = cells[0]!;
  const title = titleOf(attack.kind);
  const values = cells.map((cell) => ({ source: cell.source.name, target: cell.target.name, id: cell.evaluation.id, ...cell[definition] }));
  const most = values.reduce((best, cell) => ((cell.value ?? 0) > (best.value ?? 0) ? cell : best));
  const x = { field: 'target', type: 'nominal', title: 'target', axis: { labelAngle: -30, labelLimit: 160 } };
  const y = { field: 'source', type: 'nominal', title: 'source', axis: { labelLimit: 160 } };
  return (
    <Section title={[title, threatText(attack, title)].filter(Boolean).join(', ')}>
      <Chart
        height={120 + 48 * new Set(values.map(({ source }) => source)).size}
        label={`${DEFINITIONS[definition]} ${values.map(({ source, target, value }) => `${source} to ${target}: ${percent(value)}`).join('; ')}. The highest is from ${most.source} to ${most.target}.`}
        onSelect={({ id }) => typeof id === 'string' && void navigate({ to: '/evaluations/$id', params: { id }, search: {} })}
        spec={{
          data: { values },
          encoding: { x, y },
          layer: [
            {
              mark: { type: 'rect', cursor: 'pointer' },
              encoding: {
                color: {
                  field: 'value',
                  type: 'quantitative',
                  title: null,
                  scale: { domain: [0, 1], scheme: 'oranges' },
                  legend: { format: '.0%', orient: 'right' },
                },
                tooltip: [
                  { field: 'source' },
                  { field: 'target' },
                  { field: 'value', format: '.3f' },
                  { field: 'lower', format: '.3f' },
                  { field: 'upper', format: '.3f' },
                  { field: 'n' },
                ],
              },
            },
            {
              mark: { type: 'text', fontSize: 12 },
              encoding: {
                text: { field: 'value', type: 'quantitative', format: '.0%' },
                color: { condition: { test: 'datum.value > 0.6', value: 'white' }, value: 'black' },
              },
            },
          ],
        }}
      />
    </Section>
  );
}
