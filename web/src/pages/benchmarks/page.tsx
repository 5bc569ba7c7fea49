/** All benchmarks. @module */
import { Card, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { DataTable, type Column } from '../../components/data-table';
import { AnchorLink } from '../../components/links';
import { amount } from '../../components/numbers';
import { Page } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import { BenchmarksPageDocument, type BenchmarksPageQuery } from '../../data/generated';
import { useData } from '../../data/use-data';

const route = getRouteApi('/benchmarks');

const PAGE_SIZE = 50;

type Benchmark = BenchmarksPageQuery['benchmarks']['nodes'][number];

const COLUMNS: readonly Column<Benchmark>[] = [
  {
    name: 'Name',
    cell: ({ id, name, version, title }) => (
      <>
        <AnchorLink to="/benchmarks/$id" params={{ id }}>
          {name}
        </AnchorLink>
        <Text size="xs" c="dimmed">
          {version > 1 ? `${title}, version ${version}` : title}
        </Text>
      </>
    ),
  },
  {
    name: 'Data set',
    cell: ({ dataset }) => (
      <AnchorLink to="/datasets/$id" params={{ id: dataset.id }}>
        {dataset.name}
      </AnchorLink>
    ),
  },
  { name: 'Images', numeric: true, cell: ({ sampleCount }) => amount(sampleCount) },
  {
    name: 'State',
    cell: ({ version, versions, state }) =>
      versions[0]!.version > version ? `replaced by version ${versions[0]!.version}` : state.toLowerCase(),
  },
  { name: 'Networks', numeric: true, cell: ({ ranking }) => amount(ranking.length) },
];

export default function BenchmarksPage(): ReactNode {
  const { after } = route.useSearch();
  const navigate = route.useNavigate();
  const data = useData(BenchmarksPageDocument, { first: PAGE_SIZE, after: after ?? null });
  return (
    <Page
      title="Benchmarks"
      lead="Protocols under a name. The server runs them on every model that is entered, so the numbers can be compared."
    >
      <Loaded of={data}>
        {({ benchmarks }) =>
          benchmarks.nodes.length === 0 ? (
            <Empty title="There is no benchmark yet">Those that come with the server are made when their data set is there.</Empty>
          ) : (
            <Card>
              <DataTable
                label="Benchmarks"
                rows={benchmarks.nodes}
                keyOf={({ id }) => id}
                columns={COLUMNS}
                page={{ ...benchmarks, after, onGo: (next) => void navigate({ search: { after: next } }) }}
              />
            </Card>
          )
        }
      </Loaded>
    </Page>
  );
}
