/** The examples of an evaluation: original, adversarial and what was changed, filtered by the address, and one of them large. @module */
import { Badge, Button, Card, Group, Modal, NumberInput, SegmentedControl, Select, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { NORMS } from '../../components/attack';
import { DifferenceImage } from '../../components/difference';
import { amount, decimal, percent } from '../../components/numbers';
import { Section } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import { EvaluationExamplesDocument, type ExamplePartsFragment, type Norm } from '../../data/generated';
import { useData } from '../../data/use-data';
import { Fates } from './fates';
import { capital, useWords } from './words';

const route = getRouteApi('/evaluations/$id');

const PAGE_SIZE = 24;
const MAGNIFICATION = 10;

export function Examples({ id, norm }: { readonly id: string; readonly norm: Norm }) {
  const words = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { outcome, label, predicted, confidence, distortion, after, magnify = MAGNIFICATION } = search;
  const filter = {
    ...(outcome && { success: outcome === 'fooled', ...(outcome === 'held' && { correctBefore: true }) }),
    ...(label !== undefined && { labels: [label] }),
    ...(predicted !== undefined && { predictions: [predicted] }),
    ...(confidence !== undefined && { confidenceMin: confidence / 100 }),
    ...(distortion !== undefined && { distortionMax: distortion }),
  };
  const data = useData(EvaluationExamplesDocument, { id, first: PAGE_SIZE, after: after ?? null, filter });
  const names = data.data?.evaluation?.dataset.classNames ?? [];
  const classes = names.map((name, i) => ({ value: String(i), label: name === String(i) ? name : `${i} ${name}` }));
  const change = (part: Partial<typeof search>) =>
    navigate({ search: (previous) => ({ ...previous, after: undefined, ...part }), resetScroll: false });
  const number = (value: string | null) => (value === null || value === '' ? undefined : Number(value));

  return (
    <Section
      title="Examples"
      aside={
        data.data?.evaluation?.examples && (
          <Text size="sm" c="dimmed">
            {amount(data.data.evaluation.examples.totalCount)} of this kind
          </Text>
        )
      }
    >
      <Stack>
        <Group gap="sm" align="flex-end" className="no-print">
          <SegmentedControl
            aria-label="Outcome"
            value={outcome ?? 'all'}
            onChange={(value) => void change({ outcome: value === 'all' ? undefined : (value as 'fooled' | 'held') })}
            data={[
              { value: 'all', label: 'All' },
              { value: 'fooled', label: capital(words.succeeded) },
              { value: 'held', label: capital(words.failed) },
            ]}
          />
          <Select
            label="True class"
            w={140}
            data={classes}
            value={label === undefined ? null : String(label)}
            onChange={(value) => void change({ label: number(value) })}
            placeholder="any"
            clearable
            searchable
          />
          <Select
            label={words.predicted}
            w={190}
            data={classes}
            value={predicted === undefined ? null : String(predicted)}
            onChange={(value) => void change({ predicted: number(value) })}
            placeholder="any"
            clearable
            searchable
          />
          <NumberInput
            label="Confidence, at least"
            w={160}
            suffix=" %"
            min={0}
            max={100}
            value={confidence ?? ''}
            onChange={(value) => void change({ confidence: value === '' ? undefined : Number(value) })}
            placeholder="any"
          />
          <NumberInput
            label={`${NORMS[norm]}, at most`}
            w={120}
            min={0}
            step={0.01}
            decimalScale={6}
            value={distortion ?? ''}
            onChange={(value) => void change({ distortion: value === '' ? undefined : Number(value) })}
            placeholder="any"
          />
          <NumberInput
            label="Difference magnified by"
            w={200}
            min={1}
            max={255}
            value={magnify}
            onChange={(value) => void change({ magnify: Number(value) || undefined, after })}
          />
        </Group>
        <Loaded of={data} rows={6}>
          {({ evaluation }) => {
            const examples = evaluation?.examples;
            if (!examples) return null;
            if (examples.nodes.length === 0)
              return (
                <Empty
                  title="No example is like this"
                  action={
                    <Button variant="light" onClick={() => void navigate({ search: {}, resetScroll: false })}>
                      Show all
                    </Button>
                  }
                >
                  Of the examples of this evaluation none passes all filters.
                </Empty>
              );
            return (
              <Stack>
                {examples.nodes[0]!.adversarialImageUrl === null && (
                  <Text size="sm" c="dimmed">
                    This evaluation kept no {words.image} images. Start it again with images kept to see them: it is the same evaluation,
                    and only its images are made.
                  </Text>
                )}
                <SimpleGrid cols={{ base: 1, xs: 2, md: 3, xl: 4 }}>
                  {examples.nodes.map((example) => (
                    <ExampleCard key={example.index} example={example} names={names} magnify={magnify} />
                  ))}
                </SimpleGrid>
                <Group className="no-print">
                  {after && (
                    <Button variant="default" onClick={() => void change({})}>
                      First page
                    </Button>
                  )}
                  {examples.pageInfo.hasNextPage && (
                    <Button variant="default" onClick={() => void change({ after: examples.pageInfo.endCursor ?? undefined })}>
                      Next {PAGE_SIZE}
                    </Button>
                  )}
                </Group>
              </Stack>
            );
          }}
        </Loaded>
      </Stack>
      <LargeExample id={id} names={names} />
    </Section>
  );
}

const nameOf = (names: readonly string[], label: number) => names[label] ?? String(label);

interface ExampleProps {
  readonly example: ExamplePartsFragment;
  readonly names: readonly string[];
  readonly magnify: number;
}

function Outcome({ example: { success, clean, label } }: { readonly example: ExamplePartsFragment }) {
  const words = useWords();
  if (success)
    return (
      <Badge color="orange" variant="light" tt="none">
        {words.succeeded}
      </Badge>
    );
  if (clean.label !== label)
    return (
      <Badge color="gray" variant="light" tt="none">
        wrong before
      </Badge>
    );
  return (
    <Badge color="green" variant="light" tt="none">
      {words.failed}
    </Badge>
  );
}

function Images({ example, names, magnify }: ExampleProps) {
  const words = useWords();
  const { index, cleanImageUrl, adversarialImageUrl, clean, adversarial } = example;
  return (
    <SimpleGrid cols={3} spacing={6}>
      <Picture caption={`${nameOf(names, clean.label)}, ${percent(clean.confidence)}`}>
        <img
          className="pixels"
          src={cleanImageUrl}
          alt={`Example ${index}, original, predicted as ${nameOf(names, clean.label)}`}
          loading="lazy"
        />
      </Picture>
      <Picture caption={`${nameOf(names, adversarial.label)}, ${percent(adversarial.confidence)}`}>
        {adversarialImageUrl ? (
          <img
            className="pixels"
            src={adversarialImageUrl}
            alt={`Example ${index}, ${words.image}, predicted as ${nameOf(names, adversarial.label)}`}
            loading="lazy"
          />
        ) : (
          <div className="pixels" />
        )}
      </Picture>
      <Picture caption={adversarialImageUrl ? `change × ${magnify}` : 'not kept'}>
        {adversarialImageUrl ? (
          <DifferenceImage
            from={cleanImageUrl}
            to={adversarialImageUrl}
            magnify={magnify}
            label={`Example ${index}, what was changed, magnified ${magnify} times`}
          />
        ) : (
          <div className="pixels" />
        )}
      </Picture>
    </SimpleGrid>
  );
}

function Picture({ caption, children }: { readonly caption: string; readonly children: ReactNode }) {
  return (
    <figure style={{ margin: 0, minWidth: 0 }}>
      {children}
      <Text component="figcaption" size="xs" c="dimmed" ta="center" mt={2} className="numbers truncate" title={caption}>
        {caption}
      </Text>
    </figure>
  );
}

function ExampleCard(props: ExampleProps) {
  const { index, label } = props.example;
  return (
    <Card padding="sm">
      <Group justify="space-between" mb={6} wrap="nowrap" gap="xs">
        <Text size="sm" className="truncate">
          <Link
            to="."
            search={(previous) => ({ ...previous, example: index })}
            resetScroll={false}
            style={{ color: 'inherit' }}
            aria-label={`Example ${index}, large`}
          >
            #{index}
          </Link>
          , class {nameOf(props.names, label)}
        </Text>
        <Outcome example={props.example} />
      </Group>
      <Images {...props} />
    </Card>
  );
}

function LargeExample({ id, names }: { readonly id: string; readonly names: readonly string[] }) {
  const { example: index, magnify = MAGNIFICATION } = route.useSearch();
  const navigate = route.useNavigate();
  const isOpen = index !== undefined;
  const data = useData(EvaluationExamplesDocument, { id, first: 1, after: null, filter: { indexes: [index ?? 0] } }, { pause: !isOpen });
  const show = (next: number | undefined) => navigate({ search: (previous) => ({ ...previous, example: next }), resetScroll: false });
  return (
    <Modal.Root opened={isOpen} onClose={() => void show(undefined)} size="xl">
      <Modal.Overlay />
      <Modal.Content>
        {/* Not in a header: the page has one, and a landmark of a kind is one. */}
        <Modal.Body pt="md">
          <Group justify="space-between" mb="md">
            <Modal.Title>{`Example ${index}`}</Modal.Title>
            <Modal.CloseButton aria-label="Close" />
          </Group>
          <Loaded of={data}>
            {({ evaluation }) => {
              const example = evaluation?.examples?.nodes[0];
              if (!example || index === undefined) return <Empty title="This evaluation has no such example" />;
              const { distortion, queries, gradients, label } = example;
              return (
                <Stack>
                  <Group justify="space-between">
                    <Text>True class: {nameOf(names, label)}</Text>
                    <Outcome example={example} />
                  </Group>
                  <Images example={example} names={names} magnify={magnify} />
                  <Table withRowBorders={false} className="numbers" highlightOnHover={false}>
                    <Table.Tbody>
                      <Table.Tr>
                        <Table.Th scope="row">Distortion</Table.Th>
                        <Table.Td>
                          L∞ {decimal(distortion.linf)}, L2 {decimal(distortion.l2)}, {percent(distortion.l0)} of the values changed, SSIM{' '}
                          {decimal(distortion.ssim)}
                          {distortion.attackDistance != null && `, in the attack's own distance ${decimal(distortion.attackDistance)}`}
                        </Table.Td>
                      </Table.Tr>
                      <Table.Tr>
                        <Table.Th scope="row">Passes</Table.Th>
                        <Table.Td>
                          {amount(queries)} forward, {amount(gradients)} backward
                        </Table.Td>
                      </Table.Tr>
                    </Table.Tbody>
                  </Table>
                  <Group justify="space-between">
                    <Button variant="default" onClick={() => void show(index - 1)} disabled={index === 0}>
                      Previous
                    </Button>
                    <Button variant="default" onClick={() => void show(index + 1)}>
                      Next
                    </Button>
                  </Group>
                  {evaluation && <Fates datasetId={evaluation.dataset.id} index={index} />}
                </Stack>
              );
            }}
          </Loaded>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
