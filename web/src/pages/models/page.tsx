/** All models, filtered and sorted by the address. @module */
import { Badge, Card, Group, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { TagBadges } from '../../components/annotations';
import { DataTable, type Column } from '../../components/data-table';
import { FilterSelect, FilterText, NothingFound } from '../../components/filters';
import { JobStatus } from '../../components/job';
import { AnchorLink, ButtonLink } from '../../components/links';
import { amount, Time } from '../../components/numbers';
import { Page } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import { ModelsPageDocument, type ModelOrder, type ModelsPageQuery } from '../../data/generated';
import { useData } from '../../data/use-data';
import { ACCESS, FORMATS, VISIBILITIES } from './words';

const route = getRouteApi('/models');

const PAGE_SIZE = 50;

type Search = ReturnType<typeof route.useSearch>;

const ORDERS: Readonly<Record<NonNullable<Search['order']>, ModelOrder>> = {
  newest: { field: 'CREATED_AT', direction: 'DESC' },
  oldest: { field: 'CREATED_AT', direction: 'ASC' },
  'a-z': { field: 'NAME', direction: 'ASC' },
  'z-a': { field: 'NAME', direction: 'DESC' },
};

const STATUSES: readonly { readonly value: NonNullable<Search['status']>; readonly label: string }[] = [
  { value: 'READY', label: 'ready' },
  { value: 'VALIDATING', label: 'being validated' },
  { value: 'REJECTED', label: 'rejected' },
];

type Model = ModelsPageQuery['models']['nodes'][number];

const columns = (onOver: () => void): readonly Column<Model>[] => [
  {
    name: 'Name',
    sort: { down: 'z-a', up: 'a-z' },
    cell: ({ id, name, status, job, description, architecture, format, tags }) => (
      <>
        <Group gap="xs">
          <AnchorLink to="/models/$id" params={{ id }}>
            {name}
          </AnchorLink>
          {status === 'REJECTED' && (
            <Badge color="red" variant="light" tt="none">
              rejected
            </Badge>
          )}
        </Group>
        {status === 'VALIDATING' && job ? (
          <JobStatus job={job} onOver={onOver} />
        ) : (
          <Text size="xs" c="dimmed" lineClamp={1}>
            {description ?? architecture ?? (format && FORMATS[format])}
          </Text>
        )}
        <TagBadges tags={tags} list="/models" />
      </>
    ),
  },
  { name: 'Input', numeric: true, cell: ({ spec }) => spec?.inputShape.join(' × ') ?? '–' },
  { name: 'Classes', numeric: true, cell: ({ spec }) => amount(spec?.classCount) },
  { name: 'Parameters', numeric: true, cell: ({ parameterCount }) => amount(parameterCount) },
  { name: 'Attacks can use', cell: ({ access }) => ACCESS[access] },
  {
    name: 'Owner',
    cell: ({ owner, visibility }) => (
      <>
        {owner}
        <Text size="xs" c="dimmed">
          {visibility.toLowerCase()}
        </Text>
      </>
    ),
  },
  { name: 'Submitted', sort: { down: 'newest', up: 'oldest' }, cell: ({ createdAt }) => <Time at={createdAt} /> },
];

export default function ModelsPage(): ReactNode {
  const { order = 'newest', after, ...filters } = route.useSearch();
  const { name, status, owner, visibility, tag } = filters;
  const navigate = route.useNavigate();
  const change = (part: Partial<Search>) =>
    void navigate({ search: (previous: Search) => ({ ...previous, after: undefined, ...part }), resetScroll: false });
  const data = useData(ModelsPageDocument, {
    first: PAGE_SIZE,
    after: after ?? null,
    filter: {
      ...(name && { nameContains: name }),
      ...(status && { statuses: [status] }),
      ...(owner && { owners: [owner] }),
      ...(visibility && { visibilities: [visibility] }),
      ...(tag && { tags: [tag] }),
    },
    orderBy: ORDERS[order],
  });
  return (
    <Page
      title="Models"
      lead="Classifiers that were submitted, trained here, or came with the server."
      actions={<ButtonLink to="/submit">Submit a model</ButtonLink>}
    >
      <Group align="flex-end" gap="sm" className="no-print">
        <FilterText label="Name contains" value={name} onChange={(value) => change({ name: value })} />
        <FilterSelect label="Status" data={STATUSES} value={status} onChange={(value) => change({ status: value })} />
        <FilterText label="Owner" width={130} value={owner} onChange={(value) => change({ owner: value })} />
        <FilterSelect
          label="Visibility"
          width={130}
          data={VISIBILITIES}
          value={visibility}
          onChange={(value) => change({ visibility: value })}
        />
        <FilterText label="Tag" width={130} value={tag} onChange={(value) => change({ tag: value })} />
      </Group>
      <Loaded of={data} rows={8}>
        {({ models: { nodes, totalCount, pageInfo } }) =>
          nodes.length === 0 ? (
            <NothingFound
              title="No model is like this"
              isFiltered={Object.values(filters).some((value) => value !== undefined)}
              onClear={() => void navigate({ search: {} })}
            >
              <Empty title="There is no model yet">Submit one here, with the client, the command line or the API.</Empty>
            </NothingFound>
          ) : (
            <Card>
              <DataTable
                label="Models"
                rows={nodes}
                keyOf={({ id }) => id}
                columns={columns(data.reload)}
                minWidth={760}
                order={order}
                onOrder={(next) => change({ order: next === 'newest' ? undefined : (next as Search['order']) })}
                page={{ totalCount, pageInfo, after, onGo: (next) => change({ after: next }) }}
              />
            </Card>
          )
        }
      </Loaded>
    </Page>
  );
}
