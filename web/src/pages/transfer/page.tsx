/** How often images made on one model fool another: a heat map for each attack and budget, under either definition of the rate. @module */
import { Card, Group, SegmentedControl, Select, SimpleGrid, Text } from '@mantine/core';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { ButtonLink } from '../../components/links';
import { threatText, useAttackName, useAttackTitle } from '../../components/attack';
import { FilterSelect, NothingFound } from '../../components/filters';
import { Chart } from '../../components/chart';
import { percent } from '../../components/numbers';
import { Page, Section } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import {
  AttackTitlesDocument,
  DatasetNamesDocument,
  NewestTransferDocument,
  TransferPageDocument,
  type AttackKindName,
  type TransferPageQuery,
} from '../../data/generated';
import { useData } from '../../data/use-data';
import { ModelMultiSelect } from '../../forms/model-select';

const route = getRouteApi('/transfer');

type Cell = TransferPageQuery['transferMatrix']['cells'][number];

type Definition = 'rate' | 'errorRate' | 'both';

const NAMES = { rate: 'transfer rate', errorRate: 'error rate of the target' } as const;

const DEFINITIONS = {
  rate: 'Of the images that both models classify correctly and that fool the source, the share that fools the target.',
  errorRate: 'Of all images made on the source, the share that the target misclassifies.',
} as const;

export default function TransferPage(): ReactNode {
  const datasets = useData(DatasetNamesDocument, {});
  const newest = useData(NewestTransferDocument, {});
  return (
    <Page
      title="Transfer"
      lead="Adversarial images that were made on one model (source), shown to another (target)."
      actions={<ButtonLink to="/new-transfer">Measure transfer</ButtonLink>}
    >
      <Loaded of={datasets}>
        {({ datasets: { nodes } }) => (
          <Loaded of={newest}>{({ transfers }) => <Content datasets={nodes} preferred={transfers.nodes[0]?.dataset.id} />}</Loaded>
        )}
      </Loaded>
    </Page>
  );
}

interface ContentProps {
  readonly datasets: readonly { readonly id: string; readonly name: string; readonly split: string }[];
  /** Id of the one that is shown where the address names none. */
  readonly preferred: string | undefined;
}

function Content({ datasets, preferred }: ContentProps) {
  const { dataset, definition = 'rate', sources = [], targets = [], attack } = route.useSearch();
  const navigate = route.useNavigate();
  type Search = ReturnType<typeof route.useSearch>;
  const change = (part: Partial<Search>) => void navigate({ search: (previous: Search) => ({ ...previous, ...part }), resetScroll: false });
  const titleOf = useAttackTitle();
  const kinds = useData(AttackTitlesDocument, {});
  const chosen =
    datasets.find(({ id }) => id === dataset) ??
    datasets.find(({ id }) => id === preferred) ??
    datasets.find(({ split }) => split === 'TEST') ??
    datasets[0];
  const input = {
    datasetId: chosen?.id ?? '',
    ...(sources.length > 0 && { sourceIds: sources }),
    ...(targets.length > 0 && { targetIds: targets }),
    ...(attack && { attackKinds: [attack as AttackKindName] }),
  };
  const data = useData(TransferPageDocument, { input }, { pause: !chosen });
  // More than fits a page, and than the server reads at once.
  const tooMany = data.error?.graphQLErrors.find(({ extensions }) => extensions['code'] === 'LIMIT_EXCEEDED')?.message;
  const isFiltered = sources.length > 0 || targets.length > 0 || attack !== undefined;
  if (!chosen) return <Empty title="There is no data set yet" />;
  return (
    <>
      <Group align="flex-end" className="no-print">
        <Select
          label="Data set"
          data={datasets.map(({ id, name }) => ({ value: id, label: name }))}
          value={chosen.id}
          onChange={(value) => change({ dataset: value ?? undefined })}
          allowDeselect={false}
        />
        <ModelMultiSelect
          label="Sources"
          placeholder={sources.length === 0 ? 'all' : ''}
          clearable
          miw={200}
          value={sources}
          onChange={(value) => change({ sources: value.length > 0 ? value : undefined })}
        />
        <ModelMultiSelect
          label="Targets"
          placeholder={targets.length === 0 ? 'all' : ''}
          clearable
          miw={200}
          value={targets}
          onChange={(value) => change({ targets: value.length > 0 ? value : undefined })}
        />
        <FilterSelect
          label="Attack"
          width={180}
          data={kinds.data?.attackKinds.map(({ kind }) => ({ value: kind, label: titleOf(kind) }))}
          value={attack as AttackKindName | undefined}
          onChange={(value) => change({ attack: value })}
        />
        <SegmentedControl
          aria-label="Definition of the rate"
          value={definition}
          onChange={(value) => change({ definition: value === 'rate' ? undefined : (value as Definition) })}
          data={[
            { value: 'rate', label: 'transfer rate' },
            { value: 'errorRate', label: 'error rate' },
            { value: 'both', label: 'side by side' },
          ]}
        />
      </Group>
      {tooMany ? (
        <Card>
          <Empty title="These are more models than a matrix shows">Choose sources, targets or an attack. {tooMany}</Empty>
        </Card>
      ) : (
        <Loaded of={data}>
          {({ transferMatrix: { cells } }) =>
            cells.length === 0 ? (
              <NothingFound
                title="No transfer between these was measured"
                isFiltered={isFiltered}
                onClear={() => change({ sources: undefined, targets: undefined, attack: undefined })}
              >
                <Empty
                  title="No transfer has been measured on this data set"
                  action={
                    <ButtonLink to="/new-transfer" search={{ dataset: chosen.id }}>
                      Measure transfer
                    </ButtonLink>
                  }
                >
                  Images are made on each source, and shown to each target.
                </Empty>
              </NothingFound>
            ) : (
              <SimpleGrid cols={{ base: 1, lg: 2 }}>
                {groups(cells).flatMap(([key, group]) =>
                  (definition === 'both' ? (['rate', 'errorRate'] as const) : [definition]).map((one) => (
                    <Matrix key={`${key} ${one}`} cells={group} definition={one} />
                  )),
                )}
              </SimpleGrid>
            )
          }
        </Loaded>
      )}
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
  const nameOf = useAttackName();
  const { attack } = cells[0]!;
  const title = nameOf(attack);
  const values = cells.map((cell) => ({ source: cell.source.name, target: cell.target.name, id: cell.evaluation.id, ...cell[definition] }));
  const most = values.reduce((best, cell) => ((cell.value ?? 0) > (best.value ?? 0) ? cell : best));
  const x = { field: 'target', type: 'nominal', title: 'target', axis: { labelAngle: -30, labelLimit: 160 } };
  const y = { field: 'source', type: 'nominal', title: 'source', axis: { labelLimit: 160 } };
  return (
    <Section title={[title, threatText(attack, title), NAMES[definition]].filter(Boolean).join(', ')}>
      <Text size="sm" c="dimmed" mb="xs">
        {DEFINITIONS[definition]}
      </Text>
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
