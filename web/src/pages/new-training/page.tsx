/** A form made from the catalogues of schemes, optimizers and schedules. Its address holds what was chosen. @module */
import { Anchor, NumberInput, SegmentedControl, Select, SimpleGrid, Stack, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { amount } from '../../components/numbers';
import { Page, Section } from '../../components/page';
import { Loaded } from '../../components/states';
import {
  AttackKindsDocument,
  DatasetNamesDocument,
  StartTrainingDocument,
  TrainingCatalogueDocument,
  type StartTrainingInput,
  type TrainingCatalogueQuery,
} from '../../data/generated';
import { useData } from '../../data/use-data';
import { AttackList } from '../../forms/attack-form';
import { type ParameterValue } from '../../forms/attacks';
import { NameField, VisibilityField } from '../../forms/fields';
import { ModelMultiSelect, ModelSelect } from '../../forms/model-select';
import { ParameterField } from '../../forms/parameter-field';
import { Start } from '../../forms/start';
import { useStart } from '../../forms/use-start';
import { membersOf, readSelection, toMember, type Selected } from './selection';

const route = getRouteApi('/new-training');

type Catalogue = TrainingCatalogueQuery;
type Search = ReturnType<typeof route.useSearch>;

export default function NewTrainingPage(): ReactNode {
  const catalogue = useData(TrainingCatalogueDocument, {});
  return (
    <Page title="Train a model" lead="A model or an architecture is trained by a scheme; the model that it starts from is not changed.">
      <Loaded of={catalogue} rows={8}>
        {(loaded) => <Form catalogue={loaded} />}
      </Loaded>
    </Page>
  );
}

function Form({ catalogue }: { readonly catalogue: Catalogue }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = (part: Partial<Search>) =>
    void navigate({ search: (previous: Search) => ({ ...previous, ...part }), replace: true, resetScroll: false });
  const datasets = useData(DatasetNamesDocument, {});
  const { start, problem, isStarting } = useStart(StartTrainingDocument);

  const { trainingSchemes, optimizers, schedules } = catalogue;
  const scheme = readSelection(search.scheme, trainingSchemes, 'algorithm1');
  const optimizer = readSelection(search.optimizer, optimizers, 'sgd');
  const schedule = readSelection(search.schedule, schedules, 'constant');
  const from = search.from ?? 'model';
  const allDatasets = datasets.data?.datasets.nodes ?? [];
  const dataset = allDatasets.find(({ id }) => id === search.dataset) ?? allDatasets.find(({ split }) => split === 'TRAIN');
  const { epochs = 1, batch, seed, visibility = 'PRIVATE', interval, extra, fraction = 0.5 } = search;
  const base = from === 'model' ? search.model : search.architecture;
  const input = {
    name: search.name ?? '',
    visibility,
    ...(from === 'model' ? { modelId: search.model ?? '' } : { architecture: { name: search.architecture ?? '' } }),
    datasetId: dataset?.id ?? '',
    ...(extra && { extraDatasets: [{ datasetId: extra, fraction }] }),
    scheme: toMember(scheme),
    optimizer: toMember(optimizer),
    schedule: toMember(schedule),
    epochs,
    ...(batch !== undefined && { batchSize: batch }),
    ...(seed !== undefined && { seed }),
    ...(interval !== undefined && { interval }),
  };
  const submit = async () => {
    const answer = await start(input as unknown as StartTrainingInput);
    if (answer) await navigate({ to: '/training/$id', params: { id: answer.trainingRun.id } });
  };
  const ownImages = (batch ?? 32) - (extra ? Math.round(fraction * (batch ?? 32)) : 0);
  const steps = dataset && ownImages > 0 ? Math.floor(dataset.exampleCount / ownImages) * epochs : undefined;

  return (
    <Stack gap="lg">
      <Section title="What">
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <Stack gap={4}>
            <SegmentedControl
              aria-label="What to start from"
              value={from}
              onChange={(value) => change({ from: value === 'model' ? undefined : 'architecture' })}
              data={[
                { value: 'model', label: 'From a model' },
                { value: 'architecture', label: 'From an architecture' },
              ]}
            />
            {from === 'model' ? (
              <ModelSelect label="Model to start from" required isReady value={search.model} onChange={(model) => change({ model })} />
            ) : (
              <Select
                label="Architecture"
                description={catalogue.architectures.find(({ name }) => name === search.architecture)?.description}
                required
                searchable
                data={catalogue.architectures.map(({ name, title }) => ({ value: name, label: title }))}
                value={search.architecture ?? null}
                onChange={(value) => change({ architecture: value ?? undefined })}
              />
            )}
          </Stack>
          <Select
            label="Data set to train on"
            description="1,000 of its images, at most a tenth, are held out to measure the network."
            required
            searchable
            allowDeselect={false}
            data={allDatasets.map(({ id, name, exampleCount }) => ({ value: id, label: `${name}, ${amount(exampleCount)} images` }))}
            value={dataset?.id ?? null}
            onChange={(value) => change({ dataset: value ?? undefined })}
          />
          <Select
            label="Extra data set"
            description="More images, such as generated ones, of the same size and classes."
            clearable
            searchable
            data={allDatasets
              .filter(({ id }) => id !== dataset?.id)
              .map(({ id, name, exampleCount }) => ({ value: id, label: `${name}, ${amount(exampleCount)} images` }))}
            value={extra ?? null}
            onChange={(value) => change({ extra: value ?? undefined, fraction: value ? search.fraction : undefined })}
          />
          {extra && (
            <NumberInput
              label="Its share of each minibatch"
              description="Above 0 and below 1."
              min={0}
              max={1}
              step={0.1}
              value={fraction}
              onChange={(value) => change({ fraction: Number(value) || undefined })}
            />
          )}
          <NameField
            label="Name of the model that comes of it"
            value={search.name ?? ''}
            onChange={(name) => change({ name: name || undefined })}
          />
          <VisibilityField what="the model and the run" value={visibility} onChange={(next) => change({ visibility: next })} />
        </SimpleGrid>
      </Section>
      <Section title="How">
        <Stack>
          <Scheme
            scheme={scheme}
            schemes={trainingSchemes}
            datasets={allDatasets.map(({ id, name }) => ({ value: id, label: name }))}
            onChange={(next) => change({ scheme: next })}
          />
          <Member label="Optimizer" choices={optimizers} selected={optimizer} onChange={(next) => change({ optimizer: next })} />
          <Member label="Learning rate" choices={schedules} selected={schedule} onChange={(next) => change({ schedule: next })} />
        </Stack>
      </Section>
      <Section title="How long">
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }}>
          <NumberInput
            label="Passes over the data set"
            min={1}
            value={epochs}
            onChange={(value) => change({ epochs: Number(value) || undefined })}
            description={steps === undefined ? undefined : `About ${amount(steps)} steps.`}
          />
          <NumberInput
            label="Images of a minibatch"
            min={1}
            value={batch ?? 32}
            onChange={(value) => change({ batch: Number(value) || undefined })}
          />
          <NumberInput
            label="Steps between measurements"
            min={1}
            value={interval ?? 500}
            onChange={(value) => change({ interval: Number(value) || undefined })}
          />
          <NumberInput label="Seed" value={seed ?? 0} onChange={(value) => change({ seed: value === '' ? undefined : Number(value) })} />
        </SimpleGrid>
      </Section>
      <Start
        problem={problem}
        isStarting={isStarting}
        isComplete={Boolean(base && search.name && dataset)}
        onStart={() => void submit()}
        mutation="startTraining"
        selection="trainingRun { id } job { id }"
        input={input}
      >
        Start training
      </Start>
    </Stack>
  );
}

type Described = Catalogue['optimizers'][number];

interface MemberProps {
  readonly label: string;
  readonly choices: readonly Described[];
  readonly selected: Selected;
  readonly onChange: (selected: Selected) => void;
  readonly children?: ReactNode;
}

/** One of several, with its parameters. */
function Member({ label, choices, selected, onChange, children }: MemberProps) {
  const described = choices.find(({ name }) => name === selected.name);
  const set = (name: string, value: ParameterValue | undefined) => {
    const { [name]: _, ...rest } = selected.parameters;
    onChange({ ...selected, parameters: value === undefined ? rest : { ...rest, [name]: value } });
  };
  return (
    <Stack gap="xs" role="group" aria-label={label}>
      <Select
        label={label}
        description={described?.description}
        allowDeselect={false}
        searchable={choices.length > 8}
        data={choices.map(({ name, title }) => ({ value: name, label: title }))}
        value={selected.name}
        onChange={(name) => name && onChange({ name, parameters: {} })}
      />
      {children}
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
        {described?.parameters.map((parameter) => (
          <ParameterField
            key={`${selected.name} ${parameter.name}`}
            parameter={parameter}
            value={selected.parameters[parameter.name]}
            onChange={(value) => set(parameter.name, value)}
          />
        ))}
      </SimpleGrid>
    </Stack>
  );
}

interface SchemeProps {
  readonly scheme: Selected;
  readonly schemes: Catalogue['trainingSchemes'];
  readonly datasets: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (scheme: Selected) => void;
}

/** With what a scheme takes beside numbers. */
function Scheme({ scheme, schemes, datasets, onChange }: SchemeProps) {
  const kinds = useData(AttackKindsDocument, {});
  const described = schemes.find(({ name }) => name === scheme.name);
  const { attacks = [], modelIds = [], unlabelledDatasetId } = membersOf(scheme);
  const resource = (name: string) => described?.resources.find((one) => one.name === name)?.description;
  return (
    <Member label="Scheme" choices={schemes} selected={scheme} onChange={onChange}>
      {described && (
        <Anchor href={described.reference.link} target="_blank" rel="noreferrer" size="sm">
          {described.reference.authors} {described.reference.year}
        </Anchor>
      )}
      {resource('attacks') && (
        <>
          <Text size="sm" c="dimmed">
            {resource('attacks')}
          </Text>
          <AttackList
            attacks={attacks}
            kinds={kinds.data?.attackKinds ?? []}
            onChange={(next) => onChange({ ...scheme, attacks: next.length > 0 ? next : undefined })}
          />
        </>
      )}
      {resource('modelIds') && (
        <ModelMultiSelect
          label="Other models"
          description={resource('modelIds')}
          isReady
          value={modelIds}
          onChange={(next) => onChange({ ...scheme, modelIds: next.length > 0 ? next : undefined })}
        />
      )}
      {resource('unlabelledDatasetId') && (
        <Select
          label="Images without labels"
          description={resource('unlabelledDatasetId')}
          clearable
          data={[...datasets]}
          value={unlabelledDatasetId ?? null}
          onChange={(next) => onChange({ ...scheme, unlabelledDatasetId: next ?? undefined })}
        />
      )}
    </Member>
  );
}
