/** One model: what it is, how its accuracy falls with the budget, and everything that was measured on it. @module */
import { Alert, Button, Card, Code, Group, Select, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { AnchorLink, ButtonLink } from '../../components/links';
import type { ReactNode } from 'react';
import { Annotations } from '../../components/annotations';
import { NORMS, useAttackTitle } from '../../components/attack';
import { CleanCheckText } from '../../components/clean-check';
import { Chart } from '../../components/chart';
import { DataTable } from '../../components/data-table';
import { EvaluationTable } from '../../components/evaluation-table';
import { Findings } from '../../components/findings';
import { JobStatus } from '../../components/job';
import { Markdown } from '../../components/markdown';
import { amount, decimal, percent, Time } from '../../components/numbers';
import { Page, Section } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import { ModelPageDocument, EvaluationsPageDocument, type EvaluationRowFragment, type ModelPageQuery } from '../../data/generated';
import { useData, useLiveJob } from '../../data/use-data';
import { ModelMultiSelect } from '../../forms/model-select';
import { ModelTransfer } from './transfer';
import { ACCESS, FORMATS, versioned } from '../models/words';

const route = getRouteApi('/models/$id');

type Model = NonNullable<ModelPageQuery['model']>;

export default function ModelPage(): ReactNode {
  const { id } = route.useParams();
  const search = route.useSearch();
  const data = useData(ModelPageDocument, { id });
  useLiveJob(data.data?.model?.job ?? undefined, data.reload);
  return (
    <Loaded of={data} rows={8}>
      {({ model, evaluations, trainedFrom }) =>
        model ? (
          <Page
            title={versioned(model)}
            lead={model.description ?? `${model.trainingRun ? 'Trained' : 'Submitted'} by ${model.owner}`}
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
            <Annotations of={model} owner={model.owner} list="/models" />
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
            {evaluations.nodes[0] && (
              <ModelTransfer modelId={id} datasetId={search.dataset?.split(' ')[0] ?? evaluations.nodes[0].dataset.id} />
            )}
            {model.versions.length > 1 && <Versions model={model} />}
            {trainedFrom.nodes.length > 0 && <TrainedFrom runs={trainedFrom.nodes} onOver={data.reload} />}
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
          <ModelMultiSelect
            aria-label="Models beside it"
            placeholder={beside.length === 0 ? 'beside other models' : ''}
            clearable
            size="sm"
            w={240}
            maxValues={4}
            except={model.id}
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

/** Submissions under the name, and the way to what is different between them. */
function Versions({ model }: { readonly model: Model }) {
  return (
    <Section
      title={`Versions (${amount(model.versions.length)})`}
      aside={
        <AnchorLink to="/compare" search={{ models: model.versions.slice(0, 2).map(({ id }) => id) }}>
          Compare the newest two on the same images
        </AnchorLink>
      }
    >
      <Table highlightOnHover={false}>
        <Table.Tbody>
          {model.versions.map(({ id, version, status, visibility, createdAt }) => (
            <Table.Tr key={id}>
              <Table.Th scope="row" fw={500}>
                {id === model.id ? (
                  `Version ${version}, this one`
                ) : (
                  <AnchorLink to="/models/$id" params={{ id }}>
                    Version {version}
                  </AnchorLink>
                )}
              </Table.Th>
              <Table.Td>{status.toLowerCase()}</Table.Td>
              <Table.Td>{visibility.toLowerCase()}</Table.Td>
              <Table.Td>
                <Time at={createdAt} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  );
}

/** Models that were trained with this one as their start. */
function TrainedFrom({ runs, onOver }: { readonly runs: ModelPageQuery['trainedFrom']['nodes']; readonly onOver: () => void }) {
  return (
    <Section title="Trained from it">
      <DataTable
        label="Trained from it"
        rows={runs}
        keyOf={({ id }) => id}
        columns={[
          {
            name: 'Model',
            cell: ({ id, model }) => (
              <AnchorLink to="/training/$id" params={{ id }}>
                {model.name}
              </AnchorLink>
            ),
          },
          { name: 'Scheme', cell: ({ scheme }) => scheme },
          { name: 'Steps', numeric: true, cell: ({ totalSteps }) => amount(totalSteps) },
          { name: 'State', cell: ({ job }) => <JobStatus job={job} onOver={onOver} /> },
        ]}
      />
    </Section>
  );
}

/** What its owner says of it. */
function cardRows({ card, visibility, allowsTransfers }: Model): [string, ReactNode][] {
  const { paper, authors, venue, link, licence, architecture, trainingData, extraData, preparation, intendedUse, date } = card ?? {};
  const rows: [string, ReactNode][] = [
    [
      'Paper',
      link ? (
        <a href={link} target="_blank" rel="noopener noreferrer nofollow">
          {paper ?? link}
        </a>
      ) : (
        paper
      ),
    ],
    ['Authors', authors],
    ['Venue', venue],
    ['Licence', licence],
    ['Architecture', architecture],
    ['Training data', trainingData],
    ['Extra data', extraData == null ? null : extraData ? 'yes' : 'no'],
    ['Preparation of pixels', preparation],
    ['Intended use', intendedUse],
    ['Date', date],
    ['Transfers to models of others', visibility === 'LISTED' ? (allowsTransfers ? 'allowed' : 'not allowed') : null],
  ];
  return rows.filter(([, value]) => value != null && value !== '');
}

function ModelCard({ model }: { readonly model: Model }) {
  const { spec } = model;
  const rows: [string, ReactNode][] = [
    ['Owner', `${model.owner}, ${model.visibility.toLowerCase()}`],
    ['Submitted', <Time at={model.createdAt} />],
    ['Format', [model.architecture, model.format && FORMATS[model.format]].filter(Boolean).join(', ') || '–'],
    ['Parameters', amount(model.parameterCount)],
    ['Multiplications of one image', amount(model.multiplyAdds)],
    ['Attacks can use', ACCESS[model.access]],
    ['Output', model.output?.toLowerCase() ?? '–'],
    ['Accuracy as it was validated', <CleanCheckText of={model.cleanCheck} />],
    ['Fingerprint', model.fingerprint ? <Code style={{ overflowWrap: 'anywhere' }}>{model.fingerprint}</Code> : '–'],
  ];
  const input: [string, ReactNode][] = spec
    ? [
        ['Input', spec.inputShape.join(' × ')],
        ['Classes', amount(spec.classCount)],
        ['Range of pixels', spec.valueRange.join(' to ')],
        ...(spec.inputShape[2] === 3 ? [['Channels', spec.channelOrder] satisfies [string, string]] : []),
        ['Mean', spec.mean?.map(decimal).join(', ') ?? '–'],
        ['Standard deviation', spec.std?.map(decimal).join(', ') ?? '–'],
        ['Gradients agree with finite differences', model.gradientsHealthy == null ? '–' : model.gradientsHealthy ? 'yes' : 'no'],
        [
          'Trained here',
          model.trainingRun ? (
            <AnchorLink to="/training/$id" params={{ id: model.trainingRun.id }}>
              {model.trainingRun.scheme}, {amount(model.trainingRun.totalSteps)} steps
            </AnchorLink>
          ) : (
            'no'
          ),
        ],
      ]
    : [];
  return (
    <Section title="Model card">
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        {[[...rows, ...cardRows(model)], input].map((part, i) => (
          // Not stretched to the height of the other.
          <div key={i}>
            <Table highlightOnHover={false}>
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
          </div>
        ))}
      </SimpleGrid>
      {model.card?.readme && <Markdown text={model.card.readme} />}
      {model.readmeUrl && (
        <a href={model.readmeUrl} download>
          Download the card as README.md
        </a>
      )}
    </Section>
  );
}
