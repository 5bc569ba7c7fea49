/** Submitting a model: a file, sent in parts that go on after a broken connection, or a built-in architecture. @module */
import {
  Alert,
  Button,
  FileInput,
  Group,
  Progress,
  SegmentedControl,
  Select,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { sendFile } from '@gauntlet/client/upload';
import { useNavigate } from '@tanstack/react-router';
import { useState, type DragEvent, type FormEvent, type ReactNode } from 'react';
import { useMutation } from 'urql';
import { Page, Section } from '../../components/page';
import { ArchitecturesDocument, SubmitModelDocument, type ModelFormat, type SubmitModelInput, type Visibility } from '../../data/generated';
import { useData } from '../../data/use-data';

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

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

export default function SubmitPage(): ReactNode {
  const navigate = useNavigate();
  const architectures = useData(ArchitecturesDocument, {});
  const [, submitModel] = useMutation(SubmitModelDocument);
  const [source, setSource] = useState<'file' | 'architecture'>('file');
  const [file, setFile] = useState<File | null>(null);
  const [form, setForm] = useState({
    name: '',
    description: '',
    format: 'ONNX' as ModelFormat,
    architecture: '',
    visibility: 'PRIVATE' as Visibility,
    mean: '',
    std: '',
    range: '',
    shape: '',
  });
  const [sent, setSent] = useState<{ readonly done: number; readonly total: number }>();
  const [problem, setProblem] = useState<string>();
  const [isSending, setSending] = useState(false);
  const set = (part: Partial<typeof form>) => setForm((previous) => ({ ...previous, ...part }));

  const choose = (chosen: File | null) => {
    setFile(chosen);
    if (!chosen) return;
    const format = chosen.name.endsWith('.onnx') ? 'ONNX' : form.format;
    set({ format, ...(form.name === '' && { name: chosen.name.replace(/\.(onnx|zip|tar|tgz|tar\.gz|h5|keras)$/, '') }) });
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    choose(event.dataTransfer.files[0] ?? null);
  };

  async function send(): Promise<void> {
    setProblem(undefined);
    setSending(true);
    try {
      const spec = { mean: numbers(form.mean), std: numbers(form.std), valueRange: numbers(form.range), inputShape: numbers(form.shape) };
      const isFile = source === 'file';
      const uploadId = isFile
        ? await sendFile({ base: '', fetch: fetch.bind(globalThis), headers: {} }, file!, {
            fileName: file!.name,
            onProgress: (done, total) => setSent({ done, total }),
          })
        : undefined;
      const input: SubmitModelInput = {
        name: form.name,
        visibility: form.visibility,
        ...(form.description && { description: form.description }),
        ...(isFile ? { uploadId, format: form.format } : { architecture: { name: form.architecture } }),
        ...(isFile && Object.values(spec).some((value) => value !== undefined) && { spec }),
      };
      const { data, error } = await submitModel({ input });
      const answer = data?.submitModel;
      if (answer?.__typename === 'SubmitModelSuccess')
        return void (await navigate({ to: '/models/$id', params: { id: answer.model.id }, search: {} }));
      setProblem(
        error?.graphQLErrors[0]?.message ?? (answer && 'message' in answer ? answer.message : 'The server does not answer. Try again.'),
      );
    } catch (error) {
      setProblem((error as Error).message);
    } finally {
      setSending(false);
    }
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void send();
  };
  const isReady = form.name !== '' && (source === 'file' ? file !== null : form.architecture !== '');

  return (
    <Page
      title="Submit a model"
      lead="The file is checked in a process of its own: it is read, run on two images, and its gradients are compared with finite differences."
    >
      <form onSubmit={submit} onDragOver={(event) => event.preventDefault()} onDrop={drop}>
        <Stack gap="lg">
          <Section title="What">
            <Stack>
              <SegmentedControl
                aria-label="Source"
                style={{ alignSelf: 'flex-start' }}
                value={source}
                onChange={(value) => setSource(value as typeof source)}
                data={[
                  { value: 'file', label: 'A file' },
                  { value: 'architecture', label: 'A built-in architecture' },
                ]}
              />
              <SimpleGrid cols={{ base: 1, md: 2 }}>
                {source === 'file' ? (
                  <>
                    <FileInput
                      label="File"
                      description="Drop it anywhere on this page, or choose it."
                      placeholder="choose a file"
                      value={file}
                      onChange={choose}
                      required
                      clearable
                      clearButtonProps={{ 'aria-label': 'Remove the file' }}
                    />
                    <Select
                      label="Format"
                      description="How the file is read."
                      data={[...FORMATS]}
                      value={form.format}
                      onChange={(value) => value && set({ format: value })}
                      allowDeselect={false}
                    />
                  </>
                ) : (
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
                <TextInput
                  label="Name"
                  description="Letters, digits, spaces and . _ - + ( ) /"
                  required
                  value={form.name}
                  onChange={(event) => set({ name: event.currentTarget.value })}
                />
                <Select
                  label="Visibility"
                  description="Who sees the model and its results."
                  data={[
                    { value: 'PRIVATE', label: 'you and admins' },
                    { value: 'PUBLIC', label: 'everyone' },
                  ]}
                  value={form.visibility}
                  onChange={(value) => value && set({ visibility: value as Visibility })}
                  allowDeselect={false}
                />
              </SimpleGrid>
              <Textarea
                label="Description"
                autosize
                minRows={2}
                value={form.description}
                onChange={(event) => set({ description: event.currentTarget.value })}
              />
            </Stack>
          </Section>
          {source === 'file' && (
            <Section title="How it wants its pixels">
              <Text size="sm" c="dimmed" mb="sm">
                Preparation of pixels is a part of the model, so that budgets are fractions of the pixel range. What is left empty is taken
                from the file, or has no effect.
              </Text>
              <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }}>
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
              </SimpleGrid>
            </Section>
          )}
          {problem && (
            <Alert color="red" variant="light" role="alert" title="It was not submitted">
              {problem}
            </Alert>
          )}
          {isSending && sent && (
            <div aria-live="polite">
              <Text size="sm">
                {megabytes(sent.done)} of {megabytes(sent.total)} sent
              </Text>
              <Progress value={(sent.done / Math.max(1, sent.total)) * 100} aria-label="Share of the file that was sent" />
            </div>
          )}
          <Group>
            <Button type="submit" size="md" loading={isSending} disabled={!isReady}>
              Submit
            </Button>
          </Group>
        </Stack>
      </form>
    </Page>
  );
}
