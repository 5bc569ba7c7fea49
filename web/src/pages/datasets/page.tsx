/** All data sets, filtered by the address. @module */
import { Card, Group, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { TagBadges } from '../../components/annotations';
import { DataTable, type Column } from '../../components/data-table';
import { FilterText, NothingFound } from '../../components/filters';
import { AnchorLink, ButtonLink } from '../../components/links';
import { amount } from '../../components/numbers';
import { Page } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import { DatasetsPageDocument, type DatasetsPageQuery } from '../../data/generated';
import { useData } from '../../data/use-data';

const route = getRouteApi('/datasets');

const PAGE_SIZE = 50;

type Dataset = DatasetsPageQuery['datasets']['nodes'][number];

const COLUMNS: readonly Column<Dataset>[] = [
  {
    name: 'Name',
    cell: ({ id, name, split, state, tags }) => (
      <>
        <AnchorLink to="/datasets/$id" params={{ id }}>
          {name}
        </AnchorLink>
        <Text size="xs" c="dimmed">
          {state === 'READY' ? (split === 'TEST' ? 'for evaluation' : 'for training') : state === 'PENDING' ? 'is being read' : 'rejected'}
        </Text>
        <TagBadges tags={tags} list="/datasets" />
      </>
    ),
  },
  { name: 'Images', numeric: true, cell: ({ exampleCount }) => amount(exampleCount) },
  { name: 'Size', numeric: true, cell: ({ imageShape }) => imageShape.join(' × ') },
  { name: 'Classes', numeric: true, cell: ({ classNames }) => amount(classNames.length) },
];

export default function DatasetsPage(): ReactNode {
  const { after, name, tag } = route.useSearch();
  const navigate = route.useNavigate();
  type Search = ReturnType<typeof route.useSearch>;
  const change = (part: Partial<Search>) =>
    void navigate({ search: (previous: Search) => ({ ...previous, after: undefined, ...part }), resetScroll: false });
  const filter = { ...(name && { nameContains: name }), ...(tag && { tags: [tag] }) };
  const data = useData(DatasetsPageDocument, { first: PAGE_SIZE, after: after ?? null, filter });
  return (
    <Page
      title="Data sets"
      lead="Images with labels, which models are evaluated and trained on."
      actions={<ButtonLink to="/upload-dataset">Upload a data set</ButtonLink>}
    >
      <Group align="flex-end" gap="sm" className="no-print">
        <FilterText label="Name contains" value={name} onChange={(value) => change({ name: value })} />
        <FilterText label="Tag" width={130} value={tag} onChange={(value) => change({ tag: value })} />
      </Group>
      <Loaded of={data}>
        {({ datasets: { nodes, totalCount, pageInfo } }) =>
          nodes.length === 0 ? (
            <NothingFound
              title="No data set is like this"
              isFiltered={name !== undefined || tag !== undefined}
              onClear={() => void navigate({ search: {} })}
            >
              <Empty title="There is no data set yet" action={<ButtonLink to="/upload-dataset">Upload the first</ButtonLink>} />
            </NothingFound>
          ) : (
            <Card>
              <DataTable
                label="Data sets"
                rows={nodes}
                keyOf={({ id }) => id}
                columns={COLUMNS}
                page={{ totalCount, pageInfo, after, onGo: (next) => change({ after: next }) }}
              />
            </Card>
          )
        }
      </Loaded>
    </Page>
  );
}
