/** All training runs. @module */
import { Card, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { DataTable, type Column } from '../../components/data-table';
import { codeText } from '../../components/findings';
import { JobStatus } from '../../components/job';
import { AnchorLink, ButtonLink } from '../../components/links';
import { amount, Time } from '../../components/numbers';
import { Page } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import { TrainingPageDocument, type TrainingPageQuery } from '../../data/generated';
import { useData } from '../../data/use-data';
import { ComparedRuns } from './compared';

const route = getRouteApi('/training');

const PAGE_SIZE = 50;

type Run = TrainingPageQuery['trainingRuns']['nodes'][number];

const columns = (onOver: () => void): readonly Column<Run>[] => [
  {
    name: 'Model',
    cell: ({ id, model }) => (
      <AnchorLink to="/training/$id" params={{ id }}>
        {model.name}
      </AnchorLink>
    ),
  },
  { name: 'Scheme', cell: ({ scheme }) => scheme },
  { name: 'Data set', cell: ({ dataset }) => dataset.name },
  { name: 'Steps', numeric: true, cell: ({ totalSteps }) => amount(totalSteps) },
  {
    name: 'State',
    cell: ({ job, outcome }) => (
      <>
        <JobStatus job={job} onOver={onOver} />
        {outcome && outcome !== 'COMPLETED' && (
          <Text size="xs" c="dimmed">
            {codeText(outcome)}
          </Text>
        )}
      </>
    ),
  },
  { name: 'Started', cell: ({ createdAt }) => <Time at={createdAt} /> },
];

export default function TrainingPage(): ReactNode {
  const { after } = route.useSearch();
  const navigate = route.useNavigate();
  const data = useData(TrainingPageDocument, { first: PAGE_SIZE, after: after ?? null });
  return (
    <Page
      title="Training"
      lead="Runs resume after a crash from their last checkpoint."
      actions={<ButtonLink to="/new-training">Train a model</ButtonLink>}
    >
      <Loaded of={data}>
        {({ trainingRuns: { nodes, totalCount, pageInfo } }) => (
          <>
            <Card>
              {nodes.length === 0 ? (
                <Empty title="Nothing has been trained yet" action={<ButtonLink to="/new-training">Train a model</ButtonLink>}>
                  Training on adversarial images makes a model more robust.
                </Empty>
              ) : (
                <DataTable
                  label="Training runs"
                  rows={nodes}
                  keyOf={({ id }) => id}
                  columns={columns(data.reload)}
                  minWidth={700}
                  page={{
                    totalCount,
                    pageInfo,
                    after,
                    onGo: (next) => void navigate({ search: (previous) => ({ ...previous, after: next }) }),
                  }}
                />
              )}
            </Card>
            {nodes.length > 0 && (
              <ComparedRuns
                choices={nodes.map(({ id, model, scheme, createdAt }) => ({
                  value: id,
                  label: `${model.name}, ${scheme}, ${createdAt.slice(0, 16).replace('T', ' ')}`,
                }))}
              />
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}
