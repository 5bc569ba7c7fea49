/** A form made from the catalogue of attacks. Its address holds what was chosen, and the request can be copied for other clients. @module */
import { Card, NumberInput, Select, SimpleGrid, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { amount, counted, duration } from '../../components/numbers';
import { Page, Section } from '../../components/page';
import { Loaded } from '../../components/states';
import {
  AttackKindsDocument,
  DatasetNamesDocument,
  EvaluationCostDocument,
  StartEvaluationDocument,
  type EvaluationCostQuery,
  type StartEvaluationInput,
} from '../../data/generated';
import { useData } from '../../data/use-data';
import { AttackList } from '../../forms/attack-form';
import { newAttack, preferredAttack, toInput, type ChosenAttack } from '../../forms/attacks';
import { ModelMultiSelect, useChosenModels } from '../../forms/model-select';
import { Start } from '../../forms/start';
import { useStart } from '../../forms/use-start';

const route = getRouteApi('/new-evaluation');

export default function NewEvaluationPage(): ReactNode {
  const kinds = useData(AttackKindsDocument, {});
  return (
    <Page
      title="New evaluation"
      lead="Each model under each attack and each ε is one evaluation. A request that was made before returns its evaluation."
    >
      <Loaded of={kinds} rows={8}>
        {({ attackKinds }) => <Form kinds={attackKinds} />}
      </Loaded>
    </Page>
  );
}

type Kinds = Parameters<typeof AttackList>[0]['kinds'];

function Form({ kinds }: { readonly kinds: Kinds }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  type Search = ReturnType<typeof route.useSearch>;
  const change = (part: Partial<Search>) =>
    void navigate({ search: (previous: Search) => ({ ...previous, ...part }), replace: true, resetScroll: false });
  const datasets = useData(DatasetNamesDocument, {});
  const { start, problem, isStarting } = useStart(StartEvaluationDocument);

  const chosenModels = search.models ?? (search.model ? [search.model] : []);
  const allDatasets = datasets.data?.datasets.nodes ?? [];
  const [first] = useChosenModels(chosenModels.slice(0, 1));
  const shape = first?.spec?.inputShape.join(' × ');
  // Data sets whose images fit the first model; the others can still be chosen.
  const fitting = allDatasets.filter(({ imageShape }) => shape === undefined || imageShape.join(' × ') === shape);
  const dataset = allDatasets.find(({ id }) => id === search.dataset) ?? fitting.find(({ split }) => split === 'TEST');
  const attacks: readonly ChosenAttack[] = search.attacks ?? [
    newAttack(kinds.find(({ kind }) => kind === search.attack) ?? preferredAttack(kinds)),
  ];
  const epsilons = search.epsilons?.split(/[\s,]+/).filter((part) => part !== '');
  const sampleCount = search.images ?? Math.min(1000, dataset?.exampleCount ?? 1000);
  const input = {
    modelIds: chosenModels,
    datasetId: dataset?.id ?? '',
    attacks: attacks.map(toInput),
    ...(epsilons && epsilons.length > 0 && { epsilons }),
    sampleCount,
    ...(search.seed !== undefined && { seed: search.seed }),
    keepImages: search.keep ?? true,
  };
  const count = chosenModels.length * attacks.length * Math.max(1, epsilons?.length ?? 1);

  const isComplete = chosenModels.length > 0 && dataset !== undefined;

  const submit = async () => {
    const answer = await start(input as unknown as StartEvaluationInput);
    if (!answer) return;
    const [only, ...others] = answer.evaluations;
    await navigate(others.length === 0 && only ? { to: '/evaluations/$id', params: { id: only.id } } : { to: '/jobs', search: {} });
  };

  return (
    <Stack gap="lg">
      <Section title="What">
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <ModelMultiSelect
            label="Models"
            required
            isReady
            value={chosenModels}
            onChange={(value) => change({ models: value, model: undefined })}
            placeholder={chosenModels.length === 0 ? 'choose one or several' : ''}
          />
          <Select
            label="Data set"
            required
            searchable
            allowDeselect={false}
            data={allDatasets.map(({ id, name, exampleCount, imageShape }) => ({
              value: id,
              label: `${name}, ${amount(exampleCount)} images of ${imageShape.join(' × ')}`,
              disabled: shape !== undefined && imageShape.join(' × ') !== shape,
            }))}
            value={dataset?.id ?? null}
            onChange={(value) => change({ dataset: value ?? undefined })}
          />
          <NumberInput
            label="Images"
            description="Intervals of 1,000 images are about ± 3 points."
            min={1}
            max={dataset?.exampleCount ?? 1e9}
            value={sampleCount}
            onChange={(value) => change({ images: value === '' ? undefined : Number(value) })}
          />
          <NumberInput
            label="Seed"
            description="The same request with the same seed gives the same numbers."
            value={search.seed ?? 0}
            onChange={(value) => change({ seed: value === '' ? undefined : Number(value) })}
          />
          <TextInput
            label="Several budgets"
            description="Each attack under each of them, instead of under its own ε. Fractions of the pixel range."
            placeholder="such as 2/255, 4/255, 8/255"
            value={search.epsilons ?? ''}
            onChange={(event) => change({ epsilons: event.currentTarget.value || undefined })}
          />
          <Switch
            mt="lg"
            label="Keep adversarial images"
            description="To look at them, and to measure transfer from them."
            checked={search.keep ?? true}
            onChange={(event) => change({ keep: event.currentTarget.checked })}
          />
        </SimpleGrid>
      </Section>
      <Section title="Attacks">
        <AttackList attacks={attacks} kinds={kinds} onChange={(next) => change({ attacks: [...next] })} needsOne />
      </Section>
      {isComplete && <Cost input={input as unknown as StartEvaluationInput} />}
      <Start
        problem={problem}
        isStarting={isStarting}
        isComplete={isComplete}
        onStart={() => void submit()}
        mutation="startEvaluation"
        selection="evaluations { id } jobs { id }"
        input={input}
      >
        {count > 1 ? `Start ${count} evaluations` : 'Start the evaluation'}
      </Start>
    </Stack>
  );
}

/** What the request would cost, read when the typing pauses. */
function Cost({ input }: { readonly input: StartEvaluationInput }) {
  const [settled] = useDebouncedValue(input, 400, { leading: true });
  const { data, error } = useData(EvaluationCostDocument, { input: settled });
  const message = error?.graphQLErrors[0]?.message;
  return (
    <Card aria-live="polite" padding="sm">
      <Text size="sm">{message ?? (data ? costText(data.evaluationCost) : 'Estimating the cost …')}</Text>
    </Card>
  );
}

function costText(cost: EvaluationCostQuery['evaluationCost']): string {
  const { evaluationCount, existingCount, unknownCount, seconds, lower, upper, measurementCount } = cost;
  if (existingCount === evaluationCount)
    return evaluationCount === 1
      ? 'This was requested before: its numbers cost nothing.'
      : 'All of these were requested before: their numbers cost nothing.';
  return [
    existingCount > 0 && `${counted(existingCount, 'evaluation')} of ${evaluationCount} exist already.`,
    seconds != null &&
      `About ${duration(seconds)} of computing; 95 % of such requests take ${duration(lower!)} to ${duration(upper!)}, by ${counted(measurementCount, 'evaluation')} measured here. Waiting for other jobs comes on top.`,
    unknownCount > 0 &&
      `${seconds == null ? 'The cost' : `That of ${counted(unknownCount, 'evaluation')}`} is not known: nothing like it was measured here yet.`,
  ]
    .filter(Boolean)
    .join(' ');
}
