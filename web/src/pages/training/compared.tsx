/** Several training runs on the same axes. @module */
import { Group, MultiSelect, Select } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Chart } from '../../components/chart';
import { decimal, percent } from '../../components/numbers';
import { Section } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import { ComparedRunsDocument, type ComparedRunsQuery } from '../../data/generated';
import { isOver, useData } from '../../data/use-data';
import type { Measure } from './measures';

const route = getRouteApi('/training');

/** As many as the colours of a chart. */
const MOST_RUNS = 8;

/** How often runs that go on are read. */
const REFRESH_SECONDS = 5;

const NAMES: Readonly<Record<Measure, string>> = {
  cleanAccuracy: 'accuracy on original images',
  oneStepAccuracy: 'accuracy under the one-step attack',
  iterativeAccuracy: 'accuracy under the iterative attack',
  trainingAccuracy: 'accuracy on training images',
  loss: 'loss',
};

type Run = Extract<NonNullable<ComparedRunsQuery['nodes'][number]>, { readonly __typename: 'TrainingRun' }>;

interface ComparedRunsProps {
  readonly choices: readonly { readonly value: string; readonly label: string }[];
}

export function ComparedRuns({ choices }: ComparedRunsProps): ReactNode {
  const { runs: chosen = [], measure = 'iterativeAccuracy' } = route.useSearch();
  const navigate = route.useNavigate();
  type Search = ReturnType<typeof route.useSearch>;
  const change = (part: Partial<Search>) => void navigate({ search: (previous: Search) => ({ ...previous, ...part }), resetScroll: false });
  const first = useData(ComparedRunsDocument, { ids: chosen }, { pause: chosen.length === 0 });
  const isLive = runsOf(first.data).some(({ job }) => !isOver(job.state));
  const data = useData(ComparedRunsDocument, { ids: chosen }, { pause: chosen.length === 0, every: isLive ? REFRESH_SECONDS : undefined });
  return (
    <Section
      title="Side by side"
      aside={
        <Group gap="sm" className="no-print">
          <MultiSelect
            aria-label="Training runs"
            placeholder={chosen.length === 0 ? 'choose two or more' : ''}
            searchable
            clearable
            clearButtonProps={{ 'aria-label': 'Remove all runs' }}
            size="sm"
            w={280}
            maxValues={MOST_RUNS}
            data={[...choices]}
            value={chosen}
            onChange={(value) => change({ runs: value.length > 0 ? value : undefined })}
          />
          <Select
            aria-label="Measure"
            size="sm"
            w={310}
            allowDeselect={false}
            data={Object.entries(NAMES).map(([value, label]) => ({ value, label }))}
            value={measure}
            onChange={(value) => change({ measure: value === 'iterativeAccuracy' ? undefined : (value as Measure) })}
          />
        </Group>
      }
    >
      {chosen.length === 0 ? (
        <Empty title="Choose runs to compare">Their curves are drawn on the same axes, while they run too.</Empty>
      ) : (
        <Loaded of={data}>{(result) => <Curves runs={runsOf(result)} measure={measure} />}</Loaded>
      )}
    </Section>
  );
}

const runsOf = (data: ComparedRunsQuery | undefined): Run[] =>
  data?.nodes.filter((node): node is Run => node?.__typename === 'TrainingRun') ?? [];

function Curves({ runs, measure }: { readonly runs: readonly Run[]; readonly measure: Measure }) {
  // Two models may have one name.
  const nameOf = (run: Run) =>
    runs.filter(({ model }) => model.name === run.model.name).length > 1 ? `${run.model.name} (${runs.indexOf(run) + 1})` : run.model.name;
  const isShare = measure !== 'loss';
  const text = isShare ? percent : decimal;
  const last = runs.map((run) => {
    const point = run.series.at(-1);
    return point ? `${nameOf(run)}: ${text(point[measure])} at step ${point.step}` : `${nameOf(run)}: nothing measured yet`;
  });
  const values = runs.flatMap((run) => run.series.map((point) => ({ run: nameOf(run), step: point.step, value: point[measure] })));
  return (
    <Chart
      height={340}
      label={`${NAMES[measure]} by step. ${last.join('. ')}.`}
      spec={{
        data: { values },
        mark: { type: 'line', point: values.length < 200 },
        encoding: {
          x: { field: 'step', type: 'quantitative', title: 'step', axis: { format: ',d', tickMinStep: 1 } },
          y: {
            field: 'value',
            type: 'quantitative',
            title: NAMES[measure],
            ...(isShare ? { axis: { format: '.0%' }, scale: { domain: [0, 1] } } : { scale: { zero: false } }),
          },
          color: { field: 'run', type: 'nominal', sort: null, title: null, legend: { columns: 2 } },
          tooltip: [{ field: 'run' }, { field: 'step' }, { field: 'value', format: isShare ? '.3f' : '.4f' }],
        },
      }}
    />
  );
}
