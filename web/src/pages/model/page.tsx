/** One model: what it is, how its accuracy falls with the budget, and everything that was measured on it. @module */
import { Alert, Button, Card, Code, Group, MultiSelect, Select, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { AnchorLink, ButtonLink } from '../../components/links';
import type { ReactNode } from 'react';
import { NORMS, useAttackTitle } from '../../components/attack';
import { Chart } from '../../components/chart';
import { EvaluationTable } from '../../components/evaluation-table';
import { Findings } from '../../components/findings';
import { JobStatus } from '../../components/job';
import { amount, decimal, percent, Time } from '../../components/numbers';
import { Page, Section } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import {
  ModelNamesDocument,
  ModelPageDocument,
  EvaluationsPageDocument,
  type EvaluationRowFragment,
  type ModelPageQuery,
} from '../../data/generated';
import { useData, useLiveJob } from '../../data/use-data';
import { ACCESS } from '../models/access';

const route = getRouteApi('/models/$id');

type Model = NonNullable<ModelPageQuery['model']>;

export default function ModelPage(): ReactNode {
  const { id } = route.useParams();
  const data = useData(ModelPageDocument, { id });
  useLiveJob(data.data?.model?.job ?? undefined, data.reload);
  return (
    <Loaded of={data} rows={8}>
      {({ model, evaluations }) =>
        model ? (
          <Page
            title={model.name}
            lead={model.description ?? `Submitted by ${model.owner}`}
            actions={
              <>
                {model.onnxUrl && (
                  <Button component="a" href={model.onnxUrl} variant="default">
                    Download ONNX
                  </Button>
                )}
                {model.downloadUrl && (
                  <Button component="a" href={model.downloadUrl} variant="default">
                    Download
                  </Button>
                )}
                <ButtonLink to="/new-evaluation" search={{ model: id }} disabled={model.status !== 'READY'}>
                  Evaluate
                </ButtonLink>
              </>
            }
          >
            <Status model={model} />
            {evaluations.totalCount === 0 ? (
              <Card>
                <Empty title="It has not been attacked yet">An evaluation measures its accuracy under an attack.</Empty>
              </Card>
            ) : (
              <>
                <Curves model={model} evaluations={evaluations.nodes} />
                <ModelFindings evaluations={evaluations.nodes} />
                <Section
                  title={`Evaluations (${amount(evaluations.totalCount)})`}
                  aside={
                    <AnchorLink to="/evaluations" search={{ model: id }}>
                      All, with filters
                    </AnchorLink>
                  }
                >
                  <EvaluationTable evaluations={evaluations.nodes.slice(0, 20)} onOver={data.reload} ofOneModel />
                </Section>
              </>
            )}
            <ModelCard model={model} />
          </Page>
        ) : (
          <Empty isPage title="There is no such model" action={<AnchorLink to="/models">All models</AnchorLink>}>
            It was deleted, or it is private and not yours.
          </Empty>
        )
      }
    </Loaded>
  );
}

function Status({ model: { status, job, warnings } }: { readonly model: Model }) {
  return (
    <>
      {status !== 'READY' && job && (
        <Card aria-live="polite">
          <Stack gap="xs">
            <Text fw={600}>{status === 'REJECTED' ? 'The file was rejected' : 'The file is being validated'}</Text>
            <JobStatus job={job} />
          </Stack>
        </Card>
      )}
      {warnings.length > 0 && (
        <Alert color="orange" variant="light" title="Warnings of its validation">
          {warnings.map((warning) => (
            <Text size="sm" key={warning}>
              {warning}
            </Text>
          ))}
        </Alert>
      )}
    </>
  );
}

interface CurvesProps {
  readonly model: Model;
  readonly evaluations: readonly EvaluationRowFragment[];
}

interface Series {
  readonly name: string;
  readonly points: readonly {
    readonly epsilon: number;
    readonly value: number;
    readonly lower: number;
    readonly upper: number;
    readonly n: number;
    readonly id: string;
  }[];
}

/** Accuracy against ε, a line for each attack; of equal ε, the evaluation of the most images. */
function seriesOf(evaluations: readonly EvaluationRowFragment[], nameOf: (evaluation: EvaluationRowFragment) => string): Series[] {
  const names = [...new Set(evaluations.map(nameOf))];
  return names.map((name) => {
    const best = new Map<number, EvaluationRowFragment>();
    for (const evaluation of evaluations) {
      const { epsilon } = evaluation.attack;
      if (nameOf(evaluation) !== name || epsilon == null || !evaluation.adversarial) continue;
      const other = best.get(epsilon);
      if (!other || other.sampleCount < evaluation.sampleCount) best.set(epsilon, evaluation);
    }
    const attacked = [...best].map(([epsilon, { id, adversarial }]) => ({
      epsilon,
      id,
      ...adversarial!.top1,
      value: adversarial!.top1.value ?? 0,
    }));
    // Without a change it is the accuracy on original images.
    const [first] = best.values();
    const clean = first?.clean?.top1;
    const points = clean && !best.has(0) ? [{ epsilon: 0, id: '', ...clean, value: clean.value ?? 0 }, ...attacked] : attacked;
    return { name, points: points.sort((a, b) => a.epsilon - b.epsilon) };
  });
}

function Curves({ model, evaluations }: CurvesProps) {
  const { dataset, beside = [] } = route.useSearch();
  const navigate = route.useNavigate();
  type Search = ReturnType<typeof route.useSearch>;
  const change = (part: Partial<Search>) => void navigate({ search: (previous: Search) => ({ ...previous, ...part }), resetScroll: false });
  const titleOf = useAttackTitle();
  const models = useData(ModelNamesDocument, {});
  const others = useData(EvaluationsPageDocument, { first: 100, filter: { modelIds: beside } }, { pause: beside.length === 0 });

  const withBudget = evaluations.filter(({ attack, adversarial }) => attack.epsilon != null && adversarial);
  const axes = [
    ...new Map(withBudget.map((evaluation) => [`${evaluation.dataset.id} ${evaluation.attack.norm}`, evaluation])).entries(),
  ].map(([value, evaluation]) => ({
    value,
    label: `${evaluation.dataset.name}, ${NORMS[evaluation.attack.norm]}`,
  }));
  const axis = axes.find(({ value }) => value === dataset) ?? axes[0];
  if (!axis) return null;
  const fits = (evaluation: EvaluationRowFragment) => `${evaluation.dataset.id} ${evaluation.attack.norm}` === axis.value;
  const shown = [...withBudget, ...(beside.length > 0 ? (others.data?.evaluations.nodes ?? []) : [])].filter(fits);
  const series = seriesOf(shown, (evaluation) =>
    beside.length > 0 ? `${evaluation.model.name}, ${titleOf(evaluation.attack.kind)}` : titleOf(evaluation.attack.kind),
  );
  const values = series.flatMap(({ name, points }) => points.map((point) => ({ name, ...point })));
  const color = { field: 'name', type: 'nominal', sort: null, title: null, legend: { columns: 2 } };
  const x = { field: 'epsilon', type: 'quantitative', title: 'ε, as a fraction of the pixel range' };
  return (
    <Section
      title="Accuracy against the budget"
      aside={
        <Group gap="sm" className="no-print">
          <Select
            aria-label="Data set and norm"
            data={axes}
            value={axis.value}
            onChange={(value) => change({ dataset: value ?? undefined })}
            allowDeselect={false}
            size="sm"
            w={220}
          />
          <MultiSelect
            aria-label="Models beside it"
            placeholder={beside.length === 0 ? 'beside other models' : ''}
            searchable
            clearable
            size="sm"
            w={240}
            maxValues={4}
            data={models.data?.models.nodes.filter(({ id }) => id !== model.id).map(({ id, name }) => ({ value: id, label: name })) ?? []}
            value={beside}
            onChange={(value) => change({ beside: value.length > 0 ? value : undefined })}
          />
        </Group>
      }
    >
      <Chart
        height={340}
        label={`Accuracy against ε. ${series.map(({ name, points }) => `${name}: ${points.map(({ epsilon, value }) => `${percent(value)} at ${decimal(epsilon)}`).join(', ')}`).join('. ')}`}
        onSelect={({ id }) => typeof id === 'string' && id !== '' && void navigate({ to: `/evaluations/${id}` as never })}
        spec={{
          data: { values },
          layer: [
            { mark: 'line', encoding: { x, y: { field: 'value', type: 'quantitative' }, color } },
            {
              mark: { type: 'rule', strokeWidth: 2, opacity: 0.6 },
              encoding: { x, y: { field: 'lower', type: 'quantitative' }, y2: { field: 'upper' }, color },
            },
            {
              mark: { type: 'point', filled: true, size: 70, cursor: 'pointer' },
              encoding: {
                x,
                y: { field: 'value', type: 'quantitative', title: 'accuracy', axis: { format: '.0%' }, scale: { domain: [0, 1] } },
                color,
                tooltip: [
                  { field: 'name', title: 'attack' },
                  { field: 'epsilon', title: 'ε', format: '.4~f' },
                  { field: 'value', title: 'accuracy', format: '.3f' },
                  { field: 'lower', format: '.3f' },
                  { field: 'upper', format: '.3f' },
                  { field: 'n' },
                ],
              },
            },
          ],
        }}
      />
    </Section>
  );
}

function ModelFindings({ evaluations }: { readonly evaluations: readonly EvaluationRowFragment[] }) {
  const byCode = new Map(
    evaluations.flatMap(({ findings }) => findings ?? []).map((finding) => [`${finding.code} ${finding.message}`, finding]),
  );
  const serious = [...byCode.values()].filter(({ severity }) => severity !== 'INFO');
  if (serious.length === 0) return null;
  return (
    <Section title="Findings">
      <Findings of={serious} />
    </Section>
  );
}

function ModelCard({ model }: { readonly model: Model }) {
  const { spec } = model;
  const rows: [string, ReactNode][] = [
    ['Owner', `${model.owner}, ${model.visibility.toLowerCase()}`],
    ['Submitted', <Time at={model.createdAt} />],
    ['Format', [model.architecture, model.format].filter(Boolean).join(', ') || '–'],
    ['Parameters', amount(model.parameterCount)],
    ['Multiplications of one image', amount(model.multiplyAdds)],
    ['Attacks can use', ACCESS[model.access]],
    ['Output', model.output?.toLowerCase() ?? '–'],
    ['Fingerprint', model.fingerprint ? <Code style={{ overflowWrap: 'anywhere' }}>{model.fingerprint}</Code> : '–'],
  ];
  const input: [string, ReactNode][] = spec
    ? [
        ['Input', spec.inputShape.join(' × ')],
        ['Classes', amount(spec.classCount)],
        ['Range of pixels', spec.valueRange.join(' to ')],
        ['Channels', spec.channelOrder],
        ['Mean', spec.mean?.map(decimal).join(', ') ?? '–'],
        ['Standard deviation', spec.std?.map(decimal).join(', ') ?? '–'],
        ['Gradients agree with finite differences', model.gradientsHealthy == null ? '–' : model.gradientsHealthy ? 'yes' : 'no'],
        ['Trained here', model.trainingRun ? `${model.trainingRun.scheme}, ${amount(model.trainingRun.totalSteps)} steps` : 'no'],
      ]
    : [];
  return (
    <Section title="Model card">
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        {[rows, input].map((part, i) => (
          <Table key={i} highlightOnHover={false}>
            <Table.Tbody>
              {part.map(([name, value]) => (
                <Table.Tr key={name}>
                  <Table.Th scope="row" fw={500}>
                    {name}
                  </Table.Th>
                  <Table.Td>{value}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        ))}
      </SimpleGrid>
    </Section>
  );
}
