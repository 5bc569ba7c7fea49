/** All evaluations, filtered and sorted by the address. @module */
import { Card, Group, NumberInput } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { NORMS, useAttackTitle } from '../../components/attack';
import { EvaluationTable } from '../../components/evaluation-table';
import { FilterSelect, FilterText, NothingFound } from '../../components/filters';
import { codeText } from '../../components/findings';
import { JOB_STATES } from '../../components/job';
import { ButtonLink } from '../../components/links';
import { Page } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import {
  AttackTitlesDocument,
  DatasetNamesDocument,
  EvaluationsPageDocument,
  FindingKindsDocument,
  type AttackKindName,
  type EvaluationFilter,
  type EvaluationOrder,
} from '../../data/generated';
import { useData } from '../../data/use-data';
import { ModelSelect } from '../../forms/model-select';
import { VISIBILITIES } from '../models/words';
import type { EvaluationsOrder } from './orders';

const route = getRouteApi('/evaluations');

const PAGE_SIZE = 50;

const ORDERS: Readonly<Record<EvaluationsOrder, EvaluationOrder>> = {
  newest: { field: 'CREATED_AT', direction: 'DESC' },
  oldest: { field: 'CREATED_AT', direction: 'ASC' },
  smallest: { field: 'EPSILON', direction: 'ASC' },
  largest: { field: 'EPSILON', direction: 'DESC' },
  'most-robust': { field: 'ACCURACY', direction: 'DESC' },
  'least-robust': { field: 'ACCURACY', direction: 'ASC' },
  'most-accurate': { field: 'CLEAN_ACCURACY', direction: 'DESC' },
  'least-accurate': { field: 'CLEAN_ACCURACY', direction: 'ASC' },
};

type Search = ReturnType<typeof route.useSearch>;

function filterOf({ model, dataset, attack, norm, epsilon, state, owner, finding, visibility, tag, order }: Search): EvaluationFilter {
  // Those without numbers would be the first of the most robust.
  const isByAccuracy = order?.endsWith('robust') || order?.endsWith('accurate');
  return {
    ...(model && { modelIds: [model] }),
    ...(dataset && { datasetIds: [dataset] }),
    ...(attack && { attackKinds: [attack as AttackKindName] }),
    ...(norm && { norms: [norm] }),
    ...(epsilon !== undefined && { epsilon }),
    ...(state ? { states: [state] } : isByAccuracy && { states: ['SUCCEEDED'] }),
    ...(owner && { owners: [owner] }),
    ...(finding && { findings: [finding] }),
    ...(visibility && { visibilities: [visibility] }),
    ...(tag && { tags: [tag] }),
  };
}

export default function EvaluationsPage(): ReactNode {
  const search = route.useSearch();
  const { order = 'newest', after, ...filters } = search;
  const navigate = route.useNavigate();
  const data = useData(EvaluationsPageDocument, {
    first: PAGE_SIZE,
    after: after ?? null,
    filter: filterOf(search),
    orderBy: ORDERS[order],
  });
  const change = (part: Partial<Search>) =>
    void navigate({ search: (previous: Search) => ({ ...previous, after: undefined, ...part }), resetScroll: false });

  return (
    <Page
      title="Evaluations"
      lead="Each attacks one model on images of one data set, within one budget."
      actions={<ButtonLink to="/new-evaluation">New evaluation</ButtonLink>}
    >
      <Filters search={search} onChange={change} />
      <Loaded of={data} rows={10}>
        {({ evaluations: { nodes, totalCount, pageInfo } }) =>
          nodes.length === 0 ? (
            <NothingFound
              title="No evaluation is like this"
              isFiltered={Object.values(filters).some((value) => value !== undefined)}
              onClear={() => void navigate({ search: {} })}
            >
              <Empty title="Nothing has been evaluated yet" action={<ButtonLink to="/new-evaluation">Start the first</ButtonLink>}>
                Choose a model, a data set and attacks; results appear here while they are computed.
              </Empty>
            </NothingFound>
          ) : (
            <Card>
              <EvaluationTable
                evaluations={nodes}
                onOver={data.reload}
                order={order}
                onOrder={(next) => change({ order: next === 'newest' ? undefined : (next as EvaluationsOrder) })}
                page={{ totalCount, pageInfo, after, onGo: (next) => change({ after: next }) }}
              />
            </Card>
          )
        }
      </Loaded>
    </Page>
  );
}

function Filters({ search, onChange }: { readonly search: Search; readonly onChange: (part: Partial<Search>) => void }) {
  const titleOf = useAttackTitle();
  const datasets = useData(DatasetNamesDocument, {});
  const kinds = useData(AttackTitlesDocument, {});
  const findings = useData(FindingKindsDocument, {});
  const names = (nodes: readonly { readonly id: string; readonly name: string }[] | undefined) =>
    nodes?.map(({ id, name }) => ({ value: id, label: name }));
  return (
    <Group align="flex-end" gap="sm" className="no-print">
      <ModelSelect label="Model" placeholder="any" clearable w={200} value={search.model} onChange={(model) => onChange({ model })} />
      <FilterSelect
        label="Data set"
        data={names(datasets.data?.datasets.nodes)}
        value={search.dataset}
        onChange={(dataset) => onChange({ dataset })}
      />
      <FilterSelect
        label="Attack"
        width={180}
        data={kinds.data?.attackKinds.map(({ kind }) => ({ value: kind, label: titleOf(kind) }))}
        value={search.attack as AttackKindName | undefined}
        onChange={(attack) => onChange({ attack })}
      />
      <FilterSelect
        label="Norm"
        width={120}
        data={Object.entries(NORMS).map(([value, label]) => ({ value: value as NonNullable<Search['norm']>, label }))}
        value={search.norm}
        onChange={(norm) => onChange({ norm })}
      />
      <NumberInput
        label="ε"
        placeholder="any"
        w={100}
        min={0}
        step={0.01}
        decimalScale={6}
        value={search.epsilon ?? ''}
        onChange={(value) => onChange({ epsilon: value === '' ? undefined : Number(value) })}
      />
      <FilterSelect label="State" width={130} data={JOB_STATES} value={search.state} onChange={(state) => onChange({ state })} />
      <FilterSelect
        label="Finding"
        width={200}
        data={findings.data?.findingKinds.map(({ code }) => ({ value: code, label: codeText(code) }))}
        value={search.finding}
        onChange={(finding) => onChange({ finding })}
      />
      <FilterText label="Started by" width={130} value={search.owner} onChange={(owner) => onChange({ owner })} />
      <FilterSelect
        label="Visibility"
        width={130}
        data={VISIBILITIES}
        value={search.visibility}
        onChange={(visibility) => onChange({ visibility })}
      />
      <FilterText label="Tag" width={130} value={search.tag} onChange={(tag) => onChange({ tag })} />
    </Group>
  );
}
