/** Submitting a model: a file, an address that answers, or a built-in architecture. @module */
import { Button, Group, PasswordInput, SegmentedControl, Select, SimpleGrid, Stack, Text, Textarea, TextInput, Title } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { useClient } from 'urql';
import { Page, Section } from '../../components/page';
import {
  ArchitecturesDocument,
  DatasetNamesDocument,
  InspectModelDocument,
  SubmitModelDocument,
  type ChannelOrder,
  type ModelFormat,
  type OutputKind,
  type Visibility,
} from '../../data/generated';
import { useData } from '../../data/use-data';
import { NameField, VisibilityField } from '../../forms/fields';
import { UploadField, UploadForm, useUpload } from '../../forms/upload-form';
import { useStart } from '../../forms/use-start';
import { Inspection, type Inspected } from './inspection';
import { PreparedImages } from './prepared-images';

const FORMATS: readonly { readonly value: ModelFormat; readonly label: string }[] = [
  { value: 'ONNX', label: 'ONNX, one file' },
  { value: 'TFJS_GRAPH_MODEL', label: 'TensorFlow.js graph model, zip or tar' },
  { value: 'LAYERS_MODEL', label: 'TensorFlow.js or Keras layers model, zip or tar' },
];

const numbers = (text: string) => {
  const values = text
    .split(/[\s,×x]+/)
    .filter((part) => part !== '')
    .map(Number);
  return values.length > 0 && values.every(Number.isFinite) ? values : undefined;
};

/** What a model is made from. */
const SOURCES = [
  { value: 'file', label: 'A file' },
  { value: 'endpoint', label: 'An address' },
  { value: 'architecture', label: 'A built-in architecture' },
] as const;
type Source = (typeof SOURCES)[number]['value'];

const ANSWERS: readonly { readonly value: OutputKind; readonly label: string }[] = [
  { value: 'LOGITS', label: 'scores before a softmax' },
  { value: 'PROBABILITIES', label: 'probabilities' },
  { value: 'LABELS', label: 'the class alone' },
];

export default function SubmitPage(): ReactNode {
  const navigate = useNavigate();
  const architectures = useData(ArchitecturesDocument, {});
  const datasets = useData(DatasetNamesDocument, {});
  const { start, problem, isStarting } = useStart(SubmitModelDocument);
  const [source, setSource] = useState<Source>('file');
  const [form, setForm] = useState({
    name: '',
    description: '',
    format: 'ONNX' as ModelFormat,
    architecture: '',
    url: '',
    authorization: '',
    answers: 'LOGITS' as OutputKind,
    visibility: 'PRIVATE' as Visibility,
    check: '',
    mean: '',
    std: '',
    range: '',
    order: '' as '' | ChannelOrder,
    shape: '',
    classes: '',
  });
  const [failure, setFailure] = useState<string>();
  const set = (part: Partial<typeof form>) => setForm((previous) => ({ ...previous, ...part }));
  const upload = useUpload(({ name }) => {
    setInspected(undefined);
    set({
      ...(name.endsWith('.onnx') && { format: 'ONNX' }),
      ...(form.name === '' && { name: name.replace(/\.(onnx|zip|tar|tgz|tar\.gz|h5|keras)$/, '') }),
    });
  });

  const preparation = {
    mean: numbers(form.mean),
    std: numbers(form.std),
    valueRange: numbers(form.range),
    channelOrder: form.order || undefined,
  };
  const known = { ...preparation, inputShape: numbers(form.shape), classCount: numbers(form.classes)?.[0] };
  const spec = Object.values(known).some((value) => value !== undefined) ? { spec: known } : {};
  const client = useClient();
  const [inspected, setInspected] = useState<Inspected>();
  const [isInspecting, setInspecting] = useState(false);

  async function inspect(): Promise<void> {
    setFailure(undefined);
    setInspecting(true);
    try {
      const input = { uploadId: await upload.send(), ...spec, ...(form.check && { checkDatasetId: form.check }) };
      const { data, error } = await client.query(InspectModelDocument, { input }, { requestPolicy: 'network-only' });
      if (error) throw new Error(error.graphQLErrors[0]?.message ?? 'The server does not answer. Try again.');
      setInspected(data!.inspectModel);
    } catch (error) {
      setFailure((error as Error).message);
    } finally {
      setInspecting(false);
    }
  }

  async function send(): Promise<void> {
    setFailure(undefined);
    try {
      const sources = {
        file: async () => ({ uploadId: await upload.send(), format: form.format }),
        endpoint: () => ({
          endpoint: { url: form.url, answers: form.answers, ...(form.authorization && { authorization: form.authorization }) },
        }),
        architecture: () => ({ architecture: { name: form.architecture } }),
      };
      const answer = await start({
        name: form.name,
        visibility: form.visibility,
        ...(form.description && { description: form.description }),
        ...(await sources[source]()),
        ...(source !== 'architecture' && spec),
        ...(form.check && { checkDatasetId: form.check }),
      });
      if (answer) await navigate({ to: '/models/$id', params: { id: answer.model.id }, search: {} });
    } catch (error) {
      setFailure((error as Error).message);
    }
  }
  const isReady =
    form.name !== '' && { file: upload.file !== null, endpoint: form.url !== '', architecture: form.architecture !== '' }[source];

  return (
    <Page
      title="Submit a model"
      lead="The file is checked in a process of its own: it is read, run on two images, and its gradients are compared with finite differences."
    >
      <UploadForm
        upload={upload}
        onSubmit={send}
        problem={problem ?? failure}
        failure="It was not submitted"
        isSending={upload.sent !== undefined || isStarting}
        isReady={isReady}
        button="Submit"
      >
        <Section title="What">
          <Stack>
            <SegmentedControl
              aria-label="Source"
              style={{ alignSelf: 'flex-start' }}
              value={source}
              onChange={(value) => setSource(value as Source)}
              data={[...SOURCES]}
            />
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              {source === 'file' && (
                <>
                  <UploadField upload={upload} description="Drop it anywhere on this page, or choose it." />
                  <Select
                    label="Format"
                    description="How the file is read."
                    data={[...FORMATS]}
                    value={form.format}
                    onChange={(value) => value && set({ format: value })}
                    allowDeselect={false}
                  />
                </>
              )}
              {source === 'endpoint' && (
                <>
                  <TextInput
                    label="Address"
                    description="http or https: images are posted to it. The model stays where it is, and attacks have its answers alone."
                    placeholder="https://models.example.org/v1/models/mine:predict"
                    required
                    value={form.url}
                    onChange={(event) => set({ url: event.currentTarget.value })}
                  />
                  <Select
                    label="It answers with"
                    allowDeselect={false}
                    data={[...ANSWERS]}
                    value={form.answers}
                    onChange={(value) => value && set({ answers: value as OutputKind })}
                  />
                  <PasswordInput
                    label="Authorization"
                    description="Value of the header, such as Bearer …, where the address asks for one. It is kept encrypted."
                    value={form.authorization}
                    onChange={(event) => set({ authorization: event.currentTarget.value })}
                  />
                  <TextInput
                    label="Number of classes"
                    required
                    value={form.classes}
                    onChange={(event) => set({ classes: event.currentTarget.value })}
                  />
                </>
              )}
              {source === 'architecture' && (
                <Select
                  label="Architecture"
                  description={
                    architectures.data?.architectures.find(({ name }) => name === form.architecture)?.description ??
                    'It gets random weights; train it to make it useful.'
                  }
                  searchable
                  required
                  data={architectures.data?.architectures.map(({ name, title }) => ({ value: name, label: title })) ?? []}
                  value={form.architecture || null}
                  onChange={(value) => set({ architecture: value ?? '' })}
                />
              )}
              <NameField value={form.name} onChange={(name) => set({ name })} />
              <VisibilityField what="the model and its results" value={form.visibility} onChange={(visibility) => set({ visibility })} />
            </SimpleGrid>
            {source !== 'architecture' && (
              <Select
                label="Try it on"
                description="Its accuracy on these images tells whether their pixels are prepared as it wants them; the page of the model says what would bring it back. Left empty: data sets of its size."
                placeholder="choose a data set"
                clearable
                data={
                  datasets.data?.datasets.nodes
                    .filter(({ state }) => state === 'READY')
                    .map(({ id, name }) => ({ value: id, label: name })) ?? []
                }
                value={form.check || null}
                onChange={(value) => set({ check: value ?? '' })}
              />
            )}
            <Textarea
              label="Description"
              autosize
              minRows={2}
              value={form.description}
              onChange={(event) => set({ description: event.currentTarget.value })}
            />
          </Stack>
        </Section>
        {source !== 'architecture' && (
          <Section title="How it wants its pixels">
            <Text size="sm" c="dimmed" mb="sm">
              Preparation of pixels is a part of the model, so that budgets are fractions of the pixel range. What is left empty is taken
              from the file, or has no effect.
            </Text>
            <SimpleGrid cols={{ base: 1, sm: 2, lg: 5 }}>
              <TextInput
                label="Range of pixels"
                placeholder="0, 1"
                value={form.range}
                onChange={(event) => set({ range: event.currentTarget.value })}
              />
              <TextInput
                label="Mean of each channel"
                placeholder="0.485, 0.456, 0.406"
                value={form.mean}
                onChange={(event) => set({ mean: event.currentTarget.value })}
              />
              <TextInput
                label="Standard deviation"
                placeholder="0.229, 0.224, 0.225"
                value={form.std}
                onChange={(event) => set({ std: event.currentTarget.value })}
              />
              <TextInput
                label="Height, width, channels"
                placeholder="224, 224, 3"
                value={form.shape}
                onChange={(event) => set({ shape: event.currentTarget.value })}
              />
              <Select
                label="Order of the channels"
                placeholder="RGB"
                clearable
                data={['RGB', 'BGR']}
                value={form.order || null}
                onChange={(value) => set({ order: (value ?? '') as typeof form.order })}
              />
            </SimpleGrid>
            {form.check && (
              <Stack gap="xs" mt="md">
                <Title order={3} size="h5">
                  Images as the model sees them
                </Title>
                <PreparedImages datasetId={form.check} preparation={preparation} />
              </Stack>
            )}
            {source === 'file' && (
              <Stack gap="sm" mt="md">
                <Group>
                  <Button variant="default" onClick={() => void inspect()} loading={isInspecting} disabled={upload.file === null}>
                    Check it before it is submitted
                  </Button>
                </Group>
                {inspected && (
                  <Inspection
                    of={inspected}
                    onTake={({ valueRange, mean, std, channelOrder }) =>
                      set({
                        range: valueRange.join(', '),
                        mean: mean?.join(', ') ?? '',
                        std: std?.join(', ') ?? '',
                        order: channelOrder === 'RGB' ? '' : channelOrder,
                      })
                    }
                  />
                )}
              </Stack>
            )}
          </Section>
        )}
      </UploadForm>
    </Page>
  );
}
