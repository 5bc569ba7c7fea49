/** One training run, live: loss, and accuracy on original and adversarial images. @module */
import { Alert, Card, Code, SimpleGrid } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useSubscription } from 'urql';
import { Chart } from '../../components/chart';
import { JobStatus } from '../../components/job';
import { AnchorLink, ButtonLink } from '../../components/links';
import { amount, decimal, percent, Time } from '../../components/numbers';
import { Page, Section } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import { TrainingProgressDocument, TrainingRunPageDocument, type TrainingPointPartsFragment } from '../../data/generated';
import { isOver, useData, useLiveJob } from '../../data/use-data';

const route = getRouteApi('/training/$id');

const ACCURACIES = {
  cleanAccuracy: 'original images',
  oneStepAccuracy: 'one-step attack',
  iterativeAccuracy: 'iterative attack',
  trainingAccuracy: 'training images',
} as const;

export default function TrainingRunPage(): ReactNode {
  const { id } = route.useParams();
  const data = useData(TrainingRunPageDocument, { id });
  const run = data.data?.trainingRun;
  useLiveJob(run?.job, data.reload);
  const isLive = run != null && !isOver(run.job.state);
  const [{ data: live }] = useSubscription<{ trainingProgress: TrainingPointPartsFragment }, TrainingPointPartsFragment[], { id: string }>(
    { query: TrainingProgressDocument, variables: { id }, pause: !isLive },
    (previous = [], { trainingProgress }) => [...previous, trainingProgress],
  );
  return (
    <Loaded of={data} rows={8}>
      {({ trainingRun }) => {
        if (!trainingRun)
          return <Empty isPage title="There is no such training run" action={<AnchorLink to="/training">All training runs</AnchorLink>} />;
        const points = [...new Map([...trainingRun.series, ...(live ?? [])].map((point) => [point.step, point])).values()].sort(
          (a, b) => a.step - b.step,
        );
        return (
          <Page
            title={`Training of ${trainingRun.model.name}`}
            lead={
              <>
                {trainingRun.scheme}, {amount(trainingRun.totalSteps)} steps of {trainingRun.batchSize} images of {trainingRun.dataset.name}
                {trainingRun.extraDatasets.map(({ fraction, dataset }) => `, ${percent(fraction)} of ${dataset.name}`).join('')} ·{' '}
                <Time at={trainingRun.createdAt} />
              </>
            }
            actions={
              <>
                <ButtonLink to="/training" search={{ runs: [trainingRun.id] }} variant="default">
                  Beside others
                </ButtonLink>
                <ButtonLink to="/models/$id" params={{ id: trainingRun.model.id }} variant="default">
                  The model
                </ButtonLink>
              </>
            }
          >
            <Card aria-live="polite">
              <JobStatus job={trainingRun.job} />
            </Card>
            {trainingRun.warnings.map((warning) => (
              <Alert key={warning} color="yellow" variant="light">
                {warning}
              </Alert>
            ))}
            {points.length === 0 ? (
              <Card>
                <Empty title="Nothing has been measured yet">The first measurement comes after {amount(trainingRun.interval)} steps.</Empty>
              </Card>
            ) : (
              <Curves points={points} />
            )}
            <LearningRate rates={trainingRun.learningRates} />
            <Section title="Plan">
              <Code block tabIndex={0}>
                {JSON.stringify(trainingRun.plan, null, 2)}
              </Code>
            </Section>
          </Page>
        );
      }}
    </Loaded>
  );
}

/** Numbers of three digits, however narrow the range. */
const SHORT = { format: '.3~g' } as const;

/** Whole steps: where there are a few, each has its number. */
const stepAxis = (points: readonly { readonly step: number }[]) => ({
  field: 'step',
  type: 'quantitative',
  title: 'step',
  axis: points.length < 10 ? { format: ',d', values: points.map(({ step }) => step) } : { format: ',d', tickMinStep: 1 },
  // A scale without extent has no format.
  scale: points.length === 1 ? { domainMin: 0 } : {},
});

function LearningRate({ rates }: { readonly rates: readonly { readonly step: number; readonly value: number }[] }) {
  const [first, last] = [rates[0], rates.at(-1)];
  if (!first || !last) return null;
  return (
    <Section title="Learning rate">
      <Chart
        height={200}
        label={`Learning rate by step: ${decimal(first.value)} at step ${first.step}, ${decimal(last.value)} at step ${last.step}.`}
        spec={{
          data: { values: rates },
          mark: { type: 'line', point: rates.length === 1 },
          encoding: {
            x: stepAxis(rates),
            y: { field: 'value', type: 'quantitative', title: 'learning rate', axis: SHORT },
          },
        }}
      />
    </Section>
  );
}

function Curves({ points }: { readonly points: readonly TrainingPointPartsFragment[] }) {
  const last = points.at(-1)!;
  const accuracies = points.flatMap((point) =>
    Object.entries(ACCURACIES).map(([field, name]) => ({ step: point.step, name, value: point[field as keyof typeof ACCURACIES] })),
  );
  const x = stepAxis(points);
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Section title="Accuracy">
        <Chart
          height={300}
          label={`Accuracy over ${points.length} measurements. At step ${last.step}: ${percent(last.cleanAccuracy)} on original images, ${percent(last.oneStepAccuracy)} under the one-step attack, ${percent(last.iterativeAccuracy)} under the iterative one.`}
          spec={{
            data: { values: accuracies },
            mark: { type: 'line', point: points.length < 60 },
            encoding: {
              x,
              y: { field: 'value', type: 'quantitative', title: 'accuracy', axis: { format: '.0%' }, scale: { domain: [0, 1] } },
              color: { field: 'name', type: 'nominal', sort: null, title: null, legend: { columns: 2 } },
              tooltip: [{ field: 'name' }, { field: 'step' }, { field: 'value', format: '.3f' }],
            },
          }}
        />
      </Section>
      <Section title="Loss">
        <Chart
          height={300}
          label={`Loss over ${points.length} measurements; ${decimal(last.loss)} at step ${last.step}.`}
          spec={{
            data: { values: points },
            mark: { type: 'line', point: points.length < 60 },
            encoding: {
              x,
              y: { field: 'loss', type: 'quantitative', title: 'loss', axis: SHORT, scale: { zero: points.length === 1 } },
              tooltip: [{ field: 'step' }, { field: 'loss', format: '.4f' }],
            },
          }}
        />
      </Section>
    </SimpleGrid>
  );
}
