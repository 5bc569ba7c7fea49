/** All training runs. @module */
import { Card, Table, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { codeText } from '../../components/findings';
import { JobStatus } from '../../components/job';
import { AnchorLink } from '../../components/links';
import { amount, Time } from '../../components/numbers';
import { Page } from '../../components/page';
import { Pages } from '../../components/pages';
import { Empty, Loaded } from '../../components/states';
import { TrainingPageDocument, type TrainingPageQuery } from '../../data/generated';
import { useData, useLiveJob } from '../../data/use-data';

const route = getRouteApi('/training');

const PAGE_SIZE = 50;

export default function TrainingPage(): ReactNode {
  const { after } = route.useSearch();
  const navigate = route.useNavigate();
  const data = useData(TrainingPageDocument, { first: PAGE_SIZE, after: after ?? null });
  return (
    <Page title="Training" lead="Runs resume after a crash from their last checkpoint.">
      <Loaded of={data}>
        {({ trainingRuns: { nodes, totalCount, pageInfo } }) =>
          nodes.length === 0 ? (
            <Card>
              <Empty title="Nothing has been trained yet">
                `startTraining` trains a model robustly: see the API explorer, or the guide about training.
              </Empty>
            </Card>
          ) : (
            <Card>
              <div className="scroll-x" tabIndex={0} role="region" aria-label="Training runs">
                <Table miw={700}>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>Model</Table.Th>
                      <Table.Th>Scheme</Table.Th>
                      <Table.Th>Data set</Table.Th>
                      <Table.Th>Steps</Table.Th>
                      <Table.Th>State</Table.Th>
                      <Table.Th>Started</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {nodes.map((run) => (
                      <Row key={run.id} run={run} onOver={data.reload} />
                    ))}
                  </Table.Tbody>
                </Table>
              </div>
              <Pages
                total={totalCount}
                shown={nodes.length}
                isFirst={!after}
                next={pageInfo.hasNextPage ? pageInfo.endCursor : undefined}
                onGo={(next) => void navigate({ search: { after: next } })}
              />
            </Card>
          )
        }
      </Loaded>
    </Page>
  );
}

function Row({ run, onOver }: { readonly run: TrainingPageQuery['trainingRuns']['nodes'][number]; readonly onOver: () => void }) {
  useLiveJob(run.job, onOver);
  return (
    <Table.Tr>
      <Table.Td>
        <AnchorLink to="/training/$id" params={{ id: run.id }}>
          {run.model.name}
        </AnchorLink>
      </Table.Td>
      <Table.Td>{run.scheme}</Table.Td>
      <Table.Td>{run.dataset.name}</Table.Td>
      <Table.Td className="numbers">{amount(run.totalSteps)}</Table.Td>
      <Table.Td>
        <JobStatus job={run.job} />
        {run.outcome && run.outcome !== 'COMPLETED' && (
          <Text size="xs" c="dimmed">
            {codeText(run.outcome)}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Time at={run.createdAt} />
      </Table.Td>
    </Table.Tr>
  );
}
