/** What the server works on, has worked on, and will; by which processes, and how much of it is yours. @module */
import { Alert, Button, Card, Group, SimpleGrid, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { useMutation } from 'urql';
import { AttackName } from '../../components/attack';
import { DataTable, type Column } from '../../components/data-table';
import { FilterSelect, FilterText, NothingFound } from '../../components/filters';
import { JOB_STATES, JobStatus } from '../../components/job';
import { AnchorLink } from '../../components/links';
import { amount, bytes, counted, duration, Time } from '../../components/numbers';
import { Figure, Page, Section } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import { CancelJobDocument, JobsPageDocument, RaiseJobDocument, type JobsPageQuery } from '../../data/generated';
import { isOver, useData } from '../../data/use-data';

const route = getRouteApi('/jobs');

const PAGE_SIZE = 50;
/** How often waiting jobs are looked for: a job that is new tells nobody. */
const REFRESH_SECONDS = 5;

const KINDS = [
  'evaluation',
  'validation',
  'dataset-validation',
  'training',
  'transfer',
  'study',
  'certification',
  'destruction',
  'images',
].map((kind) => ({
  value: kind,
  label: kind,
}));

type Job = JobsPageQuery['jobs']['nodes'][number];

export default function JobsPage(): ReactNode {
  const { after, ...filters } = route.useSearch();
  const { state, kind, owner } = filters;
  const navigate = route.useNavigate();
  type Search = ReturnType<typeof route.useSearch>;
  const change = (part: Partial<Search>) =>
    void navigate({ search: (previous: Search) => ({ ...previous, after: undefined, ...part }), resetScroll: false });
  const [problem, setProblem] = useState<string>();
  const filter = { ...(state && { states: [state] }), ...(kind && { kind }), ...(owner && { owners: [owner] }) };
  const data = useData(JobsPageDocument, { first: PAGE_SIZE, after: after ?? null, filter }, { every: REFRESH_SECONDS });
  return (
    <Page title="Jobs" lead="Everything that takes long is a job. It goes on when a worker is lost, and when this page is closed.">
      {problem && (
        <Alert color="red" variant="light" role="alert" withCloseButton closeButtonLabel="Close" onClose={() => setProblem(undefined)}>
          {problem}
        </Alert>
      )}
      <Group gap="sm" align="flex-end" className="no-print">
        <FilterSelect label="State" data={JOB_STATES} value={state} onChange={(value) => change({ state: value })} />
        <FilterSelect label="Kind" data={KINDS} value={kind} onChange={(value) => change({ kind: value })} />
        <FilterText label="Owner" value={owner} onChange={(value) => change({ owner: value })} />
      </Group>
      <Loaded of={data} rows={8}>
        {({ jobs: { nodes, totalCount, pageInfo }, workers, quota, viewer }) => (
          <>
            {nodes.length === 0 ? (
              <NothingFound
                title="No job is like this"
                isFiltered={Object.values(filters).some((value) => value !== undefined)}
                onClear={() => void navigate({ search: {} })}
              >
                <Empty title="There is no job yet">Evaluations, training and transfer appear here as soon as they are started.</Empty>
              </NothingFound>
            ) : (
              <Card>
                <DataTable
                  label="Jobs"
                  rows={nodes}
                  keyOf={({ id }) => id}
                  columns={columns(data.reload, viewer.role === 'ADMIN', setProblem)}
                  minWidth={800}
                  page={{ totalCount, pageInfo, after, onGo: (next) => change({ after: next }) }}
                />
              </Card>
            )}
            <Workers workers={workers} />
            <Quota quota={quota} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

const columns = (onOver: () => void, isAdmin: boolean, onProblem: (message: string) => void): readonly Column<Job>[] => [
  { name: 'What', cell: (job) => <Subject job={job} /> },
  {
    name: 'State',
    width: 220,
    cell: (job) => (
      <>
        <JobStatus job={job} onOver={onOver} />
        {!isOver(job.state) && job.parts.planned > 0 && (
          <Text size="xs" c="dimmed">
            {amount(job.parts.done)} of {counted(job.parts.planned, 'part')} done, {amount(job.parts.running)} running
            {job.raised && ', before all others'}
          </Text>
        )}
      </>
    ),
  },
  { name: 'Owner', cell: ({ owner }) => owner },
  { name: 'Started', cell: ({ createdAt }) => <Time at={createdAt} /> },
  {
    name: 'Took',
    cell: ({ startedAt, finishedAt }) => (
      <span style={{ whiteSpace: 'nowrap' }}>
        {startedAt && finishedAt ? duration((new Date(finishedAt).getTime() - new Date(startedAt).getTime()) / 1000) : '–'}
      </span>
    ),
  },
  { name: '', cell: (job) => !isOver(job.state) && <Actions job={job} isAdmin={isAdmin} onProblem={onProblem} /> },
];

interface ActionsProps {
  readonly job: Job;
  readonly isAdmin: boolean;
  readonly onProblem: (message: string) => void;
}

function Actions({ job, isAdmin, onProblem }: ActionsProps) {
  const [cancelling, cancel] = useMutation(CancelJobDocument);
  const [raising, raise] = useMutation(RaiseJobDocument);
  const tell = (message: string | undefined) => message && onProblem(message);
  const onCancel = async () => {
    const { data, error } = await cancel({ input: { jobId: job.id } });
    const payload = data?.cancelJob;
    const goesOn = payload && 'job' in payload && payload.job.state !== 'CANCELLED';
    tell(
      error?.message ??
        (payload && 'message' in payload ? payload.message : goesOn ? 'It goes on, because others asked for the same.' : undefined),
    );
  };
  const onRaise = async () => {
    const { data, error } = await raise({ input: { jobId: job.id } });
    tell(error?.message ?? (data && 'message' in data.raiseJob ? data.raiseJob.message : undefined));
  };
  return (
    <Group gap="xs" wrap="nowrap">
      {isAdmin && !job.raised && (
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => void onRaise()}
          loading={raising.fetching}
          title="Computed before the jobs of all others"
          aria-label={`Raise this ${job.kind}`}
        >
          Raise
        </Button>
      )}
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => void onCancel()}
        loading={cancelling.fetching}
        aria-label={`Cancel this ${job.kind}`}
      >
        Cancel
      </Button>
    </Group>
  );
}

/** What a job works on: its name with a link, and what is done to it. */
function Subject({ job }: { readonly job: Job }) {
  const { link, what } = subjectOf(job);
  return (
    <>
      {link}
      <Text size="xs" c="dimmed">
        {what}
      </Text>
    </>
  );
}

function subjectOf({ kind, evaluation, model, trainingRun, transfer, dataset, study, certification, destruction }: Job): {
  readonly link?: ReactNode;
  readonly what: string;
} {
  const images = evaluation ?? destruction?.evaluation;
  if (images)
    return {
      link: (
        <AnchorLink to="/evaluations/$id" params={{ id: images.id }}>
          <AttackName attack={images.attack} />
        </AnchorLink>
      ),
      what: `${evaluation ? (kind === 'images' ? 'images of the evaluation' : 'evaluation') : 'destruction rates'} of ${images.model.name}`,
    };
  if (trainingRun)
    return {
      link: (
        <AnchorLink to="/training/$id" params={{ id: trainingRun.id }}>
          {trainingRun.model.name}
        </AnchorLink>
      ),
      what: 'training',
    };
  if (transfer)
    return {
      link: (
        <AnchorLink to="/transfer" search={{ dataset: transfer.dataset.id }}>
          {transfer.dataset.name}
        </AnchorLink>
      ),
      what: 'transfer between models',
    };
  if (dataset)
    return {
      link: (
        <AnchorLink to="/datasets/$id" params={{ id: dataset.id }}>
          {dataset.name}
        </AnchorLink>
      ),
      what: 'validation of the data set',
    };
  if (study)
    return {
      link: (
        <AnchorLink to="/studies/$id" params={{ id: study.id }}>
          {study.recipe}
        </AnchorLink>
      ),
      what: 'study',
    };
  const named = model ?? certification?.model;
  if (!named) return { what: kind };
  return {
    link: (
      <AnchorLink to="/models/$id" params={{ id: named.id }}>
        {named.name}
      </AnchorLink>
    ),
    what: kind,
  };
}

type Worker = JobsPageQuery['workers'][number];

const WORKER_COLUMNS: readonly Column<Worker>[] = [
  { name: 'Computes with', cell: ({ engine }) => engine },
  { name: 'GPU', cell: ({ gpu }) => (gpu ? 'yes' : 'no') },
  { name: 'Memory', numeric: true, cell: ({ memory }) => bytes(Number(memory)) },
  { name: 'Version', cell: ({ version }) => version },
  { name: 'Started', cell: ({ startedAt }) => <Time at={startedAt} /> },
  { name: 'Last heard of', cell: ({ seenAt }) => <Time at={seenAt} /> },
];

function Workers({ workers }: { readonly workers: readonly Worker[] }) {
  return (
    <Section title="Workers">
      {workers.length === 0 ? (
        <Empty title="Nobody computes">
          Jobs wait until a process takes them: start one with `npm run worker`, or the server without `GAUNTLET_WORKER=false`.
        </Empty>
      ) : (
        <DataTable label="Workers" rows={workers} keyOf={({ id }) => id} columns={WORKER_COLUMNS} />
      )}
    </Section>
  );
}

function Quota({ quota: { jobs, computeSeconds, storedBytes, uploads } }: { readonly quota: JobsPageQuery['quota'] }) {
  const of = ({ used, limit }: typeof jobs, text: (value: number) => string) => `${text(used)}${limit == null ? '' : ` of ${text(limit)}`}`;
  return (
    <Section title="Your share">
      <SimpleGrid cols={{ base: 2, md: 4 }}>
        <Figure name="Waiting jobs">{of(jobs, amount)}</Figure>
        <Figure name="Computing today">{of(computeSeconds, duration)}</Figure>
        <Figure name="Stored">{of(storedBytes, bytes)}</Figure>
        <Figure name="Unused uploads">{of(uploads, amount)}</Figure>
      </SimpleGrid>
    </Section>
  );
}
