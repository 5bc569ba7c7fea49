/** One study: verdicts, tables, plots, and its report. @module */
import { Badge, Button, Card, SimpleGrid, Table, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Annotations } from '../../components/annotations';
import { Chart } from '../../components/chart';
import { JobStatus } from '../../components/job';
import { AnchorLink } from '../../components/links';
import { counted, decimal, Time } from '../../components/numbers';
import { Page, Section } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import { StudyPageDocument, type StudyPageQuery } from '../../data/generated';
import { useData, useLiveJob } from '../../data/use-data';
import { OUTCOMES } from '../studies/outcomes';

const route = getRouteApi('/studies/$id');

type Study = NonNullable<StudyPageQuery['study']>;

interface Estimate {
  readonly mean: number;
  readonly lower?: number | null;
  readonly upper?: number | null;
}

/** Such as `0.951 [0.94, 0.962]`. */
const estimateText = (estimate: Estimate | null | undefined) => {
  if (!estimate) return '–';
  const { mean, lower, upper } = estimate;
  return lower == null || upper == null ? decimal(mean) : `${decimal(mean)} [${decimal(lower)}, ${decimal(upper)}]`;
};

export default function StudyPage(): ReactNode {
  const { id } = route.useParams();
  const data = useData(StudyPageDocument, { id });
  useLiveJob(data.data?.study?.job, data.reload);
  return (
    <Loaded of={data} rows={8}>
      {({ study }) =>
        study ? (
          <Page
            title={`Study ${study.recipe}`}
            lead={
              <>
                {study.scale}, {counted(study.seeds, 'seed')} · <Time at={study.createdAt} />
              </>
            }
            actions={
              <>
                {study.csv && (
                  <Button component="a" href={study.csv} variant="default">
                    CSV
                  </Button>
                )}
                {study.html && (
                  <Button component="a" href={study.html} variant="default">
                    Report
                  </Button>
                )}
              </>
            }
          >
            <Annotations of={study} owner={study.owner} list="/studies" />
            <Card aria-live="polite">
              <JobStatus job={study.job} />
            </Card>
            <Content study={study} />
          </Page>
        ) : (
          <Empty isPage title="There is no such study" action={<AnchorLink to="/studies">All studies</AnchorLink>} />
        )
      }
    </Loaded>
  );
}

function Content({ study: { verdicts, tables, plots } }: { readonly study: Study }) {
  return (
    <>
      {verdicts.length > 0 && (
        <Section title="Verdicts">
          <div className="scroll-x" tabIndex={0} role="region" aria-label="Verdicts">
            <Table miw={600} highlightOnHover={false}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Statement</Table.Th>
                  <Table.Th>Verdict</Table.Th>
                  <Table.Th>Here</Table.Th>
                  <Table.Th>Paper</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {verdicts.map(({ statement, criterion, outcome, estimate, paper }, i) => (
                  <Table.Tr key={i}>
                    <Table.Td>
                      {statement}
                      <Text size="xs" c="dimmed">
                        {criterion}
                      </Text>
                    </Table.Td>
                    <Table.Td>
                      <Badge color={OUTCOMES[outcome].color} variant="light" tt="none" miw="max-content">
                        {OUTCOMES[outcome].name}
                      </Badge>
                    </Table.Td>
                    <Table.Td className="numbers">{estimateText(estimate)}</Table.Td>
                    <Table.Td>{paper}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </div>
        </Section>
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        {plots.map(({ title, xTitle, yTitle, series }) => (
          <Section key={title} title={title}>
            <Chart
              height={300}
              label={`${title}: ${yTitle} against ${xTitle}, for ${series.map(({ name }) => name).join(', ')}.`}
              spec={{
                data: { values: series.flatMap(({ name, points }) => points.map((point) => ({ name, ...point }))) },
                encoding: {
                  x: { field: 'x', type: 'quantitative', title: xTitle },
                  color: { field: 'name', type: 'nominal', sort: null, title: null, legend: { columns: 2 } },
                },
                layer: [
                  { mark: { type: 'line', point: true }, encoding: { y: { field: 'mean', type: 'quantitative', title: yTitle } } },
                  { mark: 'rule', encoding: { y: { field: 'lower', type: 'quantitative' }, y2: { field: 'upper' } } },
                ],
              }}
            />
          </Section>
        ))}
      </SimpleGrid>
      {tables.map(({ title, columns, rows }) => (
        <Section key={title} title={title}>
          <div className="scroll-x" tabIndex={0} role="region" aria-label={title}>
            <Table className="numbers">
              <Table.Thead>
                <Table.Tr>
                  {columns.map((column) => (
                    <Table.Th key={column}>{column}</Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.map(({ label, cells }) => (
                  <Table.Tr key={label}>
                    <Table.Th scope="row" fw={500}>
                      {label}
                    </Table.Th>
                    {cells.map((cell, i) => (
                      <Table.Td key={i}>{estimateText(cell)}</Table.Td>
                    ))}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </div>
        </Section>
      ))}
    </>
  );
}
