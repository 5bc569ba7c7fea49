/** All evaluations, filtered and sorted by the address. @module */
import { Button, Card, Group, NumberInput, Select } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { ButtonLink } from '../../components/links';
import type { ReactNode } from 'react';
import { useAttackTitle } from '../../components/attack';
import { EvaluationTable } from '../../components/evaluation-table';
import { Page } from '../../components/page';
import { Pages } from '../../components/pages';
import { Empty, Loaded } from '../../components/states';
import {
  AttackKindsDocument,
  DatasetNamesDocument,
  EvaluationsPageDocument,
  ModelNamesDocument,
  type JobState,
  type AttackKindName,
} from '../../data/generated';
import { useData } from '../../data/use-data';

const route = getRouteApi('/evaluations');

const PAGE_SIZE = 50;
const STATES = [
  { value: 'QUEUED', label: 'waiting' },
  { value: 'RUNNING', label: 'running' },
  { value: 'SUCCEEDED', label: 'finished' },
  { value: 'FAILED', label: 'failed' },
  { value: 'CANCELLED', label: 'cancelled' },
];
const ORDERS = [
  { value: 'newest', label: 'newest first' },
  { value: 'oldest', label: 'oldest first' },
  { value: 'smallest', label: 'smallest ε first' },
  { value: 'largest', label: 'largest ε first' },
];

export default function EvaluationsPage(): ReactNode {
  const { model, dataset, attack, epsilon, state, order = 'newest', after } = route.useSearch();
  const navigate = route.useNavigate();
  const titleOf = useAttackTitle();
  const models = useData(ModelNamesDocument, {});
  const datasets = useData(DatasetNamesDocument, {});
  const kinds = useData(AttackKindsDocument, {});
  const data = useData(EvaluationsPageDocument, {
    first: PAGE_SIZE,
    after: after ?? null,
    filter: {
      ...(model && { modelIds: [model] }),
      ...(dataset && { datasetIds: [dataset] }),
      ...(attack && { attackKinds: [attack as AttackKindName] }),
      ...(state && { states: [state as JobState] }),
      ...(epsilon !== undefined && { epsilon }),
    },
    orderBy: {
      field: order === 'smallest' || order === 'largest' ? 'EPSILON' : 'CREATED_AT',
      direction: order === 'oldest' || order === 'smallest' ? 'ASC' : 'DESC',
    },
  });
  type Search = ReturnType<typeof route.useSearch>;
  const change = (part: Partial<Search>) =>
    void navigate({ search: (previous: Search) => ({ ...previous, after: undefined, ...part }), resetScroll: false });
  const isFiltered = [model, dataset, attack, epsilon, state].some((value) => value !== undefined);

  return (
    <Page
      title="Evaluations"
      lead="Each attacks one model on images of one data set, within one budget."
      actions={<ButtonLink to="/new-evaluation">New evaluation</ButtonLink>}
    >
      <Group align="flex-end" gap="sm" className="no-print">
        <Select
          label="Model"
          placeholder="any"
          searchable
          clearable
          data={models.data?.models.nodes.map(({ id, name }) => ({ value: id, label: name })) ?? []}
          value={model ?? null}
          onChange={(value) => change({ model: value ?? undefined })}
        />
        <Select
          label="Data set"
          placeholder="any"
          searchable
          clearable
          data={datasets.data?.datasets.nodes.map(({ id, name }) => ({ value: id, label: name })) ?? []}
          value={dataset ?? null}
          onChange={(value) => change({ dataset: value ?? undefined })}
        />
        <Select
          label="Attack"
          placeholder="any"
          searchable
          clearable
          data={kinds.data?.attackKinds.map(({ kind }) => ({ value: kind, label: titleOf(kind) })) ?? []}
          value={attack ?? null}
          onChange={(value) => change({ attack: value ?? undefined })}
        />
        <NumberInput
          label="ε"
          placeholder="any"
          w={110}
          min={0}
          max={1}
          step={0.01}
          decimalScale={6}
          value={epsilon ?? ''}
          onChange={(value) => change({ epsilon: value === '' ? undefined : Number(value) })}
        />
        <Select
          label="State"
          placeholder="any"
          clearable
          w={130}
          data={STATES}
          value={state ?? null}
          onChange={(value) => change({ state: value ?? undefined })}
        />
        <Select
          label="Order"
          w={170}
          allowDeselect={false}
          data={ORDERS}
          value={order}
          onChange={(value) => change({ order: value === 'newest' ? undefined : (value as Search['order']) })}
        />
      </Group>
      <Loaded of={data} rows={10}>
        {({ evaluations: { nodes, totalCount, pageInfo } }) =>
          nodes.length === 0 ? (
            <Empty
              title={isFiltered ? 'No evaluation is like this' : 'Nothing has been evaluated yet'}
              action={
                isFiltered ? (
                  <Button variant="light" onClick={() => void navigate({ search: {} })}>
                    Show all
                  </Button>
                ) : (
                  <ButtonLink to="/new-evaluation">Start the first</ButtonLink>
                )
              }
            >
              {isFiltered
                ? 'None passes all filters.'
                : 'Choose a model, a data set and attacks; results appear here while they are computed.'}
            </Empty>
          ) : (
            <Card>
              <EvaluationTable evaluations={nodes} onOver={data.reload} />
              <Pages
                total={totalCount}
                shown={nodes.length}
                isFirst={!after}
                next={pageInfo.hasNextPage ? pageInfo.endCursor : undefined}
                onGo={(next) => change({ after: next })}
              />
            </Card>
          )
        }
      </Loaded>
    </Page>
  );
}
