/** A form for a study: a recipe, applied at a scale. Its address holds what was chosen. @module */
import { NumberInput, Select, SimpleGrid, Stack, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Page, Section } from '../../components/page';
import { Loaded } from '../../components/states';
import { StartStudyDocument, StudyRecipesDocument, type StudyRecipesQuery } from '../../data/generated';
import { useData } from '../../data/use-data';
import { ModelMultiSelect } from '../../forms/model-select';
import { Start } from '../../forms/start';
import { useStart } from '../../forms/use-start';

const route = getRouteApi('/new-study');

type Search = ReturnType<typeof route.useSearch>;

export default function NewStudyPage(): ReactNode {
  const recipes = useData(StudyRecipesDocument, {});
  return (
    <Page
      title="Start a study"
      lead="It trains and attacks networks of several seeds, and says by fixed criteria whether a finding of a paper holds here."
    >
      <Loaded of={recipes} rows={6}>
        {({ studyRecipes }) => <Form recipes={studyRecipes} />}
      </Loaded>
    </Page>
  );
}

function Form({ recipes }: { readonly recipes: StudyRecipesQuery['studyRecipes'] }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = (part: Partial<Search>) =>
    void navigate({ search: (previous: Search) => ({ ...previous, ...part }), replace: true, resetScroll: false });
  const { start, problem, isStarting } = useStart(StartStudyDocument);

  const recipe = recipes.find(({ name }) => name === search.recipe) ?? recipes[0]!;
  const scale = recipe.scales.find(({ name }) => name === search.scale) ?? recipe.scales[0]!;
  const trainsNothing = scale.steps === 0;
  const { seeds, images, steps, models: chosen = [] } = search;
  const input = {
    recipe: recipe.name,
    scale: scale.name,
    ...(seeds !== undefined && { seeds }),
    ...(images !== undefined && { sampleCount: images }),
    ...(steps !== undefined && { steps }),
    ...(trainsNothing && { modelIds: chosen }),
  };
  const submit = async () => {
    const answer = await start(input);
    if (answer) await navigate({ to: '/studies/$id', params: { id: answer.study.id } });
  };
  return (
    <Stack gap="lg">
      <Section title="What">
        <Stack>
          <Select
            label="Recipe"
            allowDeselect={false}
            data={recipes.map(({ name, title }) => ({ value: name, label: `${name}: ${title}` }))}
            value={recipe.name}
            onChange={(value) => change({ recipe: value ?? undefined, scale: undefined })}
          />
          <Text size="sm">{recipe.claim}</Text>
          <Text size="sm" c="dimmed">
            {recipe.criteria}
          </Text>
          <Select
            label="Scale"
            allowDeselect={false}
            data={recipe.scales.map(({ name, title }) => ({ value: name, label: `${name}: ${title}` }))}
            value={scale.name}
            onChange={(value) => change({ scale: value ?? undefined })}
          />
          <Text size="sm">{scale.needs}</Text>
          <Text size="sm" c="dimmed">
            {scale.comparedWithPaper}
          </Text>
        </Stack>
      </Section>
      <Section title="How much">
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
          {trainsNothing ? (
            <ModelMultiSelect
              label="Models"
              description="They are attacked, and shown each other's images. It takes three to decide anything."
              required
              isReady
              value={chosen}
              onChange={(value) => change({ models: value.length > 0 ? value : undefined })}
            />
          ) : (
            <>
              <NumberInput
                label="Networks of each kind"
                description="With seeds 1, 2, …: what intervals are made from. Three or more decide something."
                min={1}
                value={seeds ?? 3}
                onChange={(value) => change({ seeds: Number(value) || undefined })}
              />
              <NumberInput
                label="Steps of each training"
                description="Fewer than the scale's are quicker, and show less."
                min={1}
                value={steps ?? scale.steps}
                onChange={(value) => change({ steps: Number(value) || undefined })}
              />
            </>
          )}
          <NumberInput
            label="Images that are attacked"
            min={1}
            value={images ?? scale.sampleCount}
            onChange={(value) => change({ images: Number(value) || undefined })}
          />
        </SimpleGrid>
      </Section>
      <Start
        problem={problem}
        isStarting={isStarting}
        isComplete={!trainsNothing || chosen.length >= 2}
        onStart={() => void submit()}
        mutation="startStudy"
        selection="study { id } job { id }"
        input={input}
      >
        Start the study
      </Start>
    </Stack>
  );
}
