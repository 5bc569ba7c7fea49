/** A form for transfer: on which models images are made, and which are shown them. Its address holds what was chosen. @module */
import { NumberInput, Select, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { amount } from '../../components/numbers';
import { Page, Section } from '../../components/page';
import { Loaded } from '../../components/states';
import {
  AttackKindsDocument,
  DatasetNamesDocument,
  StartTransferDocument,
  type AttackKindsQuery,
  type StartTransferInput,
} from '../../data/generated';
import { useData } from '../../data/use-data';
import { AttackList } from '../../forms/attack-form';
import { newAttack, preferredAttack, toInput } from '../../forms/attacks';
import { ModelMultiSelect } from '../../forms/model-select';
import { Start } from '../../forms/start';
import { useStart } from '../../forms/use-start';

const route = getRouteApi('/new-transfer');

type Search = ReturnType<typeof route.useSearch>;

export default function NewTransferPage(): ReactNode {
  const kinds = useData(AttackKindsDocument, {});
  return (
    <Page
      title="Measure transfer"
      lead="Adversarial images are made on each source, and shown to each target. A source may be a target too."
    >
      <Loaded of={kinds} rows={8}>
        {({ attackKinds }) => <Form kinds={attackKinds} />}
      </Loaded>
    </Page>
  );
}

function Form({ kinds }: { readonly kinds: AttackKindsQuery['attackKinds'] }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = (part: Partial<Search>) =>
    void navigate({ search: (previous: Search) => ({ ...previous, ...part }), replace: true, resetScroll: false });
  const datasets = useData(DatasetNamesDocument, {});
  const { start, problem, isStarting } = useStart(StartTransferDocument);

  const { sources = [], targets = [], seed } = search;
  const allDatasets = datasets.data?.datasets.nodes ?? [];
  const dataset = allDatasets.find(({ id }) => id === search.dataset) ?? allDatasets.find(({ split }) => split === 'TEST');
  const attacks = search.attacks ?? [newAttack(preferredAttack(kinds))];
  const epsilons = search.epsilons?.split(/[\s,]+/).filter((part) => part !== '');
  const sampleCount = search.images ?? Math.min(1000, dataset?.exampleCount ?? 1000);
  const input = {
    sourceIds: sources,
    targetIds: targets,
    datasetId: dataset?.id ?? '',
    attacks: attacks.map(toInput),
    ...(epsilons && epsilons.length > 0 && { epsilons }),
    sampleCount,
    ...(seed !== undefined && { seed }),
  };
  const submit = async () => {
    if (await start(input as unknown as StartTransferInput))
      await navigate({ to: '/transfer', search: dataset ? { dataset: dataset.id } : {} });
  };
  return (
    <Stack gap="lg">
      <Section title="What">
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <ModelMultiSelect
            label="Sources"
            description="Models that the images are made on."
            required
            isReady
            value={sources}
            onChange={(value) => change({ sources: value.length > 0 ? value : undefined })}
          />
          <ModelMultiSelect
            label="Targets"
            description="Models that are shown the images."
            required
            isReady
            value={targets}
            onChange={(value) => change({ targets: value.length > 0 ? value : undefined })}
          />
          <Select
            label="Data set"
            required
            searchable
            allowDeselect={false}
            data={allDatasets.map(({ id, name, exampleCount, imageShape }) => ({
              value: id,
              label: `${name}, ${amount(exampleCount)} images of ${imageShape.join(' × ')}`,
            }))}
            value={dataset?.id ?? null}
            onChange={(value) => change({ dataset: value ?? undefined })}
          />
          <NumberInput
            label="Images"
            min={1}
            max={dataset?.exampleCount ?? 1e9}
            value={sampleCount}
            onChange={(value) => change({ images: value === '' ? undefined : Number(value) })}
          />
          <TextInput
            label="Several budgets"
            description="Each attack under each of them, instead of under its own ε."
            placeholder="such as 2/255, 4/255, 8/255"
            value={search.epsilons ?? ''}
            onChange={(event) => change({ epsilons: event.currentTarget.value || undefined })}
          />
          <NumberInput
            label="Seed"
            description="The same request with the same seed gives the same numbers."
            value={seed ?? 0}
            onChange={(value) => change({ seed: value === '' ? undefined : Number(value) })}
          />
        </SimpleGrid>
      </Section>
      <Section title="Attacks">
        <AttackList attacks={attacks} kinds={kinds} onChange={(next) => change({ attacks: [...next] })} needsOne />
      </Section>
      <Start
        problem={problem}
        isStarting={isStarting}
        isComplete={sources.length > 0 && targets.length > 0 && dataset !== undefined}
        onStart={() => void submit()}
        mutation="startTransfer"
        selection="transfer { id } job { id }"
        input={input}
      >
        Measure transfer
      </Start>
    </Stack>
  );
}
