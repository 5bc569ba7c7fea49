/** A form made from the catalogue of attacks. Its address holds what was chosen, and the request can be copied for other clients. @module */
import {
  Alert,
  Button,
  Code,
  CopyButton,
  Group,
  MultiSelect,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Tabs,
  TextInput,
} from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { useMutation } from 'urql';
import { amount } from '../../components/numbers';
import { Page, Section } from '../../components/page';
import { Loaded } from '../../components/states';
import {
  AttackKindsDocument,
  DatasetNamesDocument,
  ModelNamesDocument,
  StartEvaluationDocument,
  type StartEvaluationInput,
} from '../../data/generated';
import { useData } from '../../data/use-data';
import { AttackForm } from './attack-form';
import { newAttack, toInput, type ChosenAttack } from './attacks';
import { LANGUAGES, requestText } from './requests';

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

type Kinds = Parameters<typeof AttackForm>[0]['kinds'];

function Form({ kinds }: { readonly kinds: Kinds }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  type Search = ReturnType<typeof route.useSearch>;
  const change = (part: Partial<Search>) =>
    void navigate({ search: (previous: Search) => ({ ...previous, ...part }), replace: true, resetScroll: false });
  const models = useData(ModelNamesDocument, {});
  const datasets = useData(DatasetNamesDocument, {});
  const [{ fetching }, start] = useMutation(StartEvaluationDocument);
  const [problem, setProblem] = useState<string>();

  const ready = models.data?.models.nodes.filter(({ status }) => status === 'READY') ?? [];
  const chosenModels = search.models ?? (search.model ? [search.model] : []);
  const allDatasets = datasets.data?.datasets.nodes ?? [];
  const shape = ready.find(({ id }) => id === chosenModels[0])?.spec?.inputShape.join(' × ');
  // Data sets whose images fit the first model; the others can still be chosen.
  const fitting = allDatasets.filter(({ imageShape }) => shape === undefined || imageShape.join(' × ') === shape);
  const dataset = allDatasets.find(({ id }) => id === search.dataset) ?? fitting.find(({ split }) => split === 'TEST');
  const preferred = kinds.find(({ name }) => name === 'pgd') ?? kinds[0]!;
  const attacks: readonly ChosenAttack[] = search.attacks ?? [newAttack(kinds.find(({ kind }) => kind === search.attack) ?? preferred)];
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

  const submit = async () => {
    setProblem(undefined);
    const { data, error } = await start({ input: input as unknown as StartEvaluationInput });
    if (error) return setProblem(error.graphQLErrors[0]?.message ?? 'The server does not answer. Try again.');
    const answer = data!.startEvaluation;
    if ('message' in answer) return setProblem(answer.message);
    if (answer.__typename !== 'StartEvaluationSuccess') return;
    const [only, ...others] = answer.evaluations;
    await navigate(others.length === 0 && only ? { to: '/evaluations/$id', params: { id: only.id } } : { to: '/jobs', search: {} });
  };

  return (
    <Stack gap="lg">
      <Section title="What">
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <MultiSelect
            label="Models"
            required
            searchable
            data={ready.map(({ id, name }) => ({ value: id, label: name }))}
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
        <Stack>
          {attacks.map((attack, i) => (
            <AttackForm
              key={i}
              attack={attack}
              kinds={kinds}
              models={ready.map(({ id, name }) => ({ value: id, label: name }))}
              onChange={(next) => change({ attacks: attacks.map((other, j) => (j === i ? next : other)) })}
              onRemove={attacks.length > 1 ? () => change({ attacks: attacks.filter((_, j) => j !== i) }) : undefined}
            />
          ))}
          <Button
            variant="light"
            style={{ alignSelf: 'flex-start' }}
            onClick={() => change({ attacks: [...attacks, newAttack(preferred)] })}
          >
            Add an attack
          </Button>
        </Stack>
      </Section>
      {problem && (
        <Alert color="red" variant="light" role="alert" title="It was not started">
          {problem}
        </Alert>
      )}
      <Group>
        <Button size="md" onClick={() => void submit()} loading={fetching} disabled={chosenModels.length === 0 || !dataset}>
          {count > 1 ? `Start ${count} evaluations` : 'Start the evaluation'}
        </Button>
      </Group>
      <Section title="The same request elsewhere">
        <Tabs defaultValue="GraphQL" keepMounted={false}>
          <Tabs.List>
            {LANGUAGES.map((language) => (
              <Tabs.Tab key={language} value={language}>
                {language}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {LANGUAGES.map((language) => {
            const text = requestText(language, input, location.origin);
            return (
              <Tabs.Panel key={language} value={language} pt="sm">
                <Code block tabIndex={0} mah={320} style={{ overflow: 'auto' }}>
                  {text}
                </Code>
                <CopyButton value={text}>
                  {({ copied, copy }) => (
                    <Button mt="xs" size="xs" variant="default" onClick={copy}>
                      {copied ? 'Copied' : 'Copy'}
                    </Button>
                  )}
                </CopyButton>
              </Tabs.Panel>
            );
          })}
        </Tabs>
      </Section>
    </Stack>
  );
}
