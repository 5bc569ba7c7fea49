/** What the server works on, has worked on, and will. @module */
import { Alert, Button, Card, Group, Select, Table, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { AnchorLink } from '../../components/links';
import { useState, type ReactNode } from 'react';
import { useMutation } from 'urql';
import { AttackName } from '../../components/attack';
import { JobStatus } from '../../components/job';
import { duration, Time } from '../../components/numbers';
import { Page } from '../../components/page';
import { Pages } from '../../components/pages';
import { Empty, Loaded } from '../../components/states';
import { CancelJobDocument, JobsPageDocument, type JobsPageQuery } from '../../data/generated';
import { isOver, useData, useLiveJob } from '../../data/use-data';

const route = getRouteApi('/jobs');

const PAGE_SIZE = 50;
/** How often waiting jobs are looked for: a job that is new tells nobody. */
const REFRESH_SECONDS = 5;

type Job = JobsPageQuery['jobs']['nodes'][number];

export default function JobsPage(): ReactNode {
  const { state, kind, after } = route.useSearch();
  const navigate = route.useNavigate();
  type Search = ReturnType<typeof route.useSearch>;
  const change = (part: Partial<Search>) =>
    void navigate({ search: (previous: Search) => ({ ...previous, after: undefined, ...part }), resetScroll: false });
  const [problem, setProblem] = useState<string>();
  const data = useData(
    JobsPageDocument,
    { first: PAGE_SIZE, after: after ?? null, filter: { ...(state && { states: [state] }), ...(kind && { kind }) } },
    { every: REFRESH_SECONDS },
  );
  return (
    <Page title="Jobs" lead="Everything that takes long is a job. It goes on when a worker is lost, and when this page is closed.">
      <Group gap="sm">
        <Select
          label="State"
          placeholder="any"
          clearable
          data={[
            { value: 'QUEUED', label: 'waiting' },
            { value: 'RUNNING', label: 'running' },
            { value: 'SUCCEEDED', label: 'finished' },
            { value: 'FAILED', label: 'failed' },
            { value: 'CANCELLED', label: 'cancelled' },
          ]}
          value={state ?? null}
          onChange={(value) => change({ state: (value ?? undefined) as Search['state'] })}
        />
        <Select
          label="Kind"
          placeholder="any"
          clearable
          data={['evaluation', 'model', 'training', 'transfer', 'study', 'certification', 'destruction']}
          value={kind ?? null}
          onChange={(value) => change({ kind: value ?? undefined })}
        />
      </Group>
      {problem && (
        <Alert color="red" variant="light" role="alert" withCloseButton closeButtonLabel="Close" onClose={() => setProblem(undefined)}>
          {problem}
        </Alert>
      )}
      <Loaded of={data} rows={8}>
        {({ jobs: { nodes, totalCount, pageInfo } }) =>
          nodes.length === 0 ? (
            <Card>
              <Empty title={state || kind ? 'No job is like this' : 'There is no job yet'}>
                {state || kind ? 'None passes all filters.' : 'Evaluations, training and transfer appear here as soon as they are started.'}
              </Empty>
            </Card>
          ) : (
            <Card>
              <div className="scroll-x" tabIndex={0} role="region" aria-label="Jobs">
                <Table miw={760}>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>What</Table.Th>
                      <Table.Th miw={220}>State</Table.Th>
                      <Table.Th>Owner</Table.Th>
                      <Table.Th>Started</Table.Th>
                      <Table.Th>Took</Table.Th>
                      <Table.Td />
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {nodes.map((job) => (
                      <Row key={job.id} job={job} onOver={data.reload} onProblem={setProblem} />
                    ))}
                  </Table.Tbody>
                </Table>
              </div>
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

interface RowProps {
  readonly job: Job;
  readonly onOver: () => void;
  readonly onProblem: (message: string) => void;
}

function Row({ job, onOver, onProblem }: RowProps) {
  useLiveJob(job, onOver);
  const [{ fetching }, cancel] = useMutation(CancelJobDocument);
  const stop = async () => {
    const { data, error } = await cancel({ input: { jobId: job.id } });
    const message = error?.message ?? (data && 'message' in data.cancelJob ? data.cancelJob.message : undefined);
    if (message) onProblem(message);
  };
  const { startedAt, finishedAt } = job;
  return (
    <Table.Tr>
      <Table.Td>
        <Subject job={job} />
      </Table.Td>
      <Table.Td>
        <JobStatus job={job} />
      </Table.Td>
      <Table.Td>{job.owner}</Table.Td>
      <Table.Td>
        <Time at={job.createdAt} />
      </Table.Td>
      <Table.Td style={{ whiteSpace: 'nowrap' }}>
        {startedAt && finishedAt ? duration((new Date(finishedAt).getTime() - new Date(startedAt).getTime()) / 1000) : '–'}
      </Table.Td>
      <Table.Td>
        {!isOver(job.state) && (
          <Button size="compact-sm" variant="default" onClick={() => void stop()} loading={fetching} aria-label={`Cancel this ${job.kind}`}>
            Cancel
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

function Subject({ job: { kind, evaluation, model, trainingRun } }: { readonly job: Job }) {
  if (evaluation)
    return (
      <>
        <AnchorLink to="/evaluations/$id" params={{ id: evaluation.id }}>
          <AttackName attack={evaluation.attack} />
        </AnchorLink>
        <Text size="xs" c="dimmed">
          evaluation of {evaluation.model.name}
        </Text>
      </>
    );
  const about = model ?? trainingRun?.model;
  return (
    <>
      {about ? (
        <AnchorLink to="/models/$id" params={{ id: about.id }}>
          {about.name}
        </AnchorLink>
      ) : (
        kind
      )}
      {about && (
        <Text size="xs" c="dimmed">
          {kind === 'model' ? 'validation' : kind}
        </Text>
      )}
    </>
  );
}
