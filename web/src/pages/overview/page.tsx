/** What runs, what has finished, and what needs attention. On an empty server: how to begin. @module */
import { Card, Group, SimpleGrid, Stack, Stepper, Table, Text } from '@mantine/core';
import { AnchorLink, ButtonLink } from '../../components/links';
import type { ReactNode } from 'react';
import { AttackName, NORMS } from '../../components/attack';
import { DataTable, type Column } from '../../components/data-table';
import { EvaluationTable } from '../../components/evaluation-table';
import { codeText } from '../../components/findings';
import { JobStatus } from '../../components/job';
import { amount, decimal, Share, Time } from '../../components/numbers';
import { Figure, Page, Section } from '../../components/page';
import { Loaded } from '../../components/states';
import { OverviewChangesDocument, OverviewPageDocument, type OverviewChangesQuery, type OverviewPageQuery } from '../../data/generated';
import { useData, useLiveJob } from '../../data/use-data';

const REFRESH_SECONDS = 5;
const CHANGES_REFRESH_SECONDS = 60;

export default function OverviewPage(): ReactNode {
  const data = useData(OverviewPageDocument, {}, { every: REFRESH_SECONDS });
  return (
    <Page title="Overview" actions={<ButtonLink to="/new-evaluation">New evaluation</ButtonLink>}>
      <Loaded of={data} rows={10}>
        {(overview) => {
          const { running, finished, models, datasets } = overview;
          return (
            <>
              {finished.totalCount === 0 && <FirstSteps overview={overview} />}
              <SimpleGrid cols={{ base: 2, sm: 4 }}>
                <Count name="Running and waiting" value={running.totalCount} to="/jobs" />
                <Count name="Finished evaluations" value={finished.totalCount} to="/evaluations" />
                <Count name="Models" value={models.totalCount} to="/models" />
                <Count name="Data sets" value={datasets.totalCount} to="/datasets" />
              </SimpleGrid>
              {running.nodes.length > 0 && (
                <Section title="Running" aside={<AnchorLink to="/jobs">All jobs</AnchorLink>}>
                  <Stack gap="sm" aria-live="polite">
                    {running.nodes.map((job) => (
                      <Running key={job.id} job={job} onOver={data.reload} />
                    ))}
                  </Stack>
                </Section>
              )}
              <Attention overview={overview} />
              {finished.totalCount > 0 && <Changes />}
              {finished.nodes.length > 0 && (
                <Section title="Finished last" aside={<AnchorLink to="/evaluations">All evaluations</AnchorLink>}>
                  <EvaluationTable evaluations={finished.nodes} onOver={data.reload} />
                </Section>
              )}
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

function Count({ name, value, to }: { readonly name: string; readonly value: number; readonly to: string }) {
  return (
    <Card>
      <Figure name={name}>
        <AnchorLink to={to} inherit>
          {amount(value)}
        </AnchorLink>
      </Figure>
    </Card>
  );
}

function Running({ job, onOver }: { readonly job: OverviewPageQuery['running']['nodes'][number]; readonly onOver: () => void }) {
  useLiveJob(job, onOver);
  const { evaluation, model, trainingRun, kind } = job;
  const about = model ?? trainingRun?.model;
  return (
    <Group justify="space-between" gap="sm">
      {evaluation ? (
        <Text component="div">
          <AnchorLink to="/evaluations/$id" params={{ id: evaluation.id }}>
            <AttackName attack={evaluation.attack} />
          </AnchorLink>{' '}
          on {evaluation.model.name}
        </Text>
      ) : (
        <Text>
          {kind}
          {about && ` of ${about.name}`}
        </Text>
      )}
      <JobStatus job={job} />
    </Group>
  );
}

type Change = OverviewChangesQuery['leaderboardChanges'][number];

const CHANGE_COLUMNS: readonly Column<Change>[] = [
  {
    name: 'Model',
    cell: ({ evaluation: { model } }) => (
      <AnchorLink to="/models/$id" params={{ id: model.id }}>
        {model.name}
      </AnchorLink>
    ),
  },
  {
    name: 'Leaderboard',
    cell: ({ evaluation: { dataset, attack } }) => (
      <AnchorLink to="/leaderboard" search={{ dataset: dataset.id, norm: attack.norm, epsilon: String(attack.epsilon) }}>
        {dataset.name}, {NORMS[attack.norm]}, ε = {attack.epsilonText ?? decimal(attack.epsilon)}
      </AnchorLink>
    ),
  },
  { name: 'Worst case before', numeric: true, cell: ({ before }) => (before ? <Share of={before} bare /> : 'new') },
  { name: 'Now', numeric: true, cell: ({ after }) => <Share of={after} /> },
  {
    name: 'By',
    cell: ({ evaluation: { id, attack } }) => (
      <AnchorLink to="/evaluations/$id" params={{ id }}>
        <AttackName attack={attack} />
      </AnchorLink>
    ),
  },
  { name: 'Since', cell: ({ evaluation: { finishedAt } }) => <Time at={finishedAt!} /> },
];

/** Worst cases that the evaluations which finished last made lower, or measured first. */
function Changes() {
  const { data } = useData(OverviewChangesDocument, {}, { every: CHANGES_REFRESH_SECONDS });
  if (!data || data.leaderboardChanges.length === 0) return null;
  return (
    <Section title="Changed on leaderboards" aside={<AnchorLink to="/leaderboard">Leaderboard</AnchorLink>}>
      <DataTable
        label="Changed on leaderboards"
        rows={data.leaderboardChanges}
        keyOf={({ evaluation }) => evaluation.id}
        columns={CHANGE_COLUMNS}
        minWidth={760}
      />
    </Section>
  );
}

/** Serious findings of what finished last, each code once, with the newest evaluation that has it. */
function Attention({ overview: { finished } }: { readonly overview: OverviewPageQuery }) {
  const found = finished.nodes.flatMap((evaluation) =>
    (evaluation.findings ?? []).filter(({ severity }) => severity !== 'INFO').map((finding) => ({ finding, evaluation })),
  );
  const codes = [...new Set(found.map(({ finding }) => finding.code))];
  if (codes.length === 0) return null;
  return (
    <Section title="Needs attention">
      <Table highlightOnHover={false}>
        <Table.Tbody>
          {codes.map((code) => {
            const all = found.filter(({ finding }) => finding.code === code);
            const { finding, evaluation } = all[0]!;
            return (
              <Table.Tr key={code}>
                <Table.Td w="40%">
                  <AnchorLink to="/evaluations/$id" params={{ id: evaluation.id }}>
                    {codeText(code)}
                  </AnchorLink>
                  <Text size="xs" c="dimmed">
                    {evaluation.model.name}, <AttackName attack={evaluation.attack} />
                  </Text>
                  <AnchorLink to="/evaluations" search={{ finding: code }} size="xs">
                    {all.length > 1 ? `${all.length - 1} more of those that finished last` : 'All evaluations with it'}
                  </AnchorLink>
                </Table.Td>
                <Table.Td>
                  <Text size="sm" lineClamp={6}>
                    {finding.message}
                  </Text>
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Section>
  );
}

function FirstSteps({ overview: { models, running } }: { readonly overview: OverviewPageQuery }) {
  const step = running.totalCount > 0 ? 2 : models.totalCount > 0 ? 1 : 0;
  return (
    <Section title="Three steps to a first result">
      <Stepper active={step} size="sm" allowNextStepsSelect={false} iconSize={32}>
        <Stepper.Step label="Submit a model" description="ONNX, TensorFlow.js or built in" />
        <Stepper.Step label="Choose attacks" description="and a data set" />
        <Stepper.Step label="See" description="numbers and images while they are computed" />
      </Stepper>
      <Group mt="md">
        {step === 1 && <ButtonLink to="/new-evaluation">Choose attacks</ButtonLink>}
        {step === 2 && <ButtonLink to="/jobs">See what runs</ButtonLink>}
        {step === 0 && <ButtonLink to="/submit">Submit a model</ButtonLink>}
      </Group>
    </Section>
  );
}
