/** Uploading a data set: one file, sent in parts that go on after a broken connection. @module */
import { Select, SimpleGrid, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { Page, Section } from '../../components/page';
import { RegisterDatasetDocument, type DatasetSplit, type RegisterDatasetInput, type Visibility } from '../../data/generated';
import { NameField, VisibilityField } from '../../forms/fields';
import { UploadField, UploadForm, useUpload } from '../../forms/upload-form';
import { useStart } from '../../forms/use-start';

/** As `RegisterDatasetInput.format` has them. */
const FORMATS: readonly { readonly value: string; readonly label: string }[] = [
  { value: 'IMAGE_FOLDER', label: 'folder of pictures, a folder for each class' },
  { value: 'LABELS_CSV', label: 'pictures and labels.csv' },
  { value: 'NUMPY', label: 'NumPy arrays' },
  { value: 'IDX', label: 'IDX, as MNIST' },
  { value: 'CIFAR10_BINARY', label: 'CIFAR-10, binary version' },
  { value: 'CIFAR100_BINARY', label: 'CIFAR-100, binary version' },
  { value: 'PARQUET', label: 'Parquet of Hugging Face' },
  { value: 'WEBDATASET', label: 'WebDataset' },
];

const listed = (text: string) =>
  text
    .split(/[\n,]+/)
    .map((name) => name.trim())
    .filter((name) => name !== '');

export default function UploadDatasetPage(): ReactNode {
  const navigate = useNavigate();
  const { start, problem, isStarting } = useStart(RegisterDatasetDocument);
  const [form, setForm] = useState({
    name: '',
    format: '',
    split: 'TEST' as DatasetSplit,
    visibility: 'PRIVATE' as Visibility,
    classes: '',
    size: '',
  });
  const [failure, setFailure] = useState<string>();
  const set = (part: Partial<typeof form>) => setForm((previous) => ({ ...previous, ...part }));
  const upload = useUpload(({ name }) => form.name === '' && set({ name: name.replace(/\.[a-z.]+$/i, '') }));

  async function send(): Promise<void> {
    setFailure(undefined);
    try {
      const uploadId = await upload.send();
      const classNames = listed(form.classes);
      const size = form.size.match(/\d+/g)?.map(Number) ?? [];
      const input: RegisterDatasetInput = {
        name: form.name,
        uploadId,
        split: form.split,
        visibility: form.visibility,
        ...(form.format && { format: form.format }),
        ...(classNames.length > 0 && { classNames }),
        ...(size.length > 0 && { imageSize: size.length === 1 ? [size[0]!, size[0]!] : size }),
      };
      const answer = await start(input);
      if (answer) await navigate({ to: '/datasets/$id', params: { id: answer.dataset.id }, search: {} });
    } catch (error) {
      setFailure((error as Error).message);
    }
  }

  return (
    <Page
      title="Upload a data set"
      lead="Images with labels. The file is read and checked after it has arrived; its page says how it was read."
    >
      <UploadForm
        upload={upload}
        onSubmit={send}
        problem={problem ?? failure}
        failure="It was not registered"
        isSending={upload.sent !== undefined || isStarting}
        isReady={upload.file !== null && form.name !== ''}
        button="Upload"
      >
        <Section title="What">
          <SimpleGrid cols={{ base: 1, md: 2 }}>
            <UploadField
              upload={upload}
              description="A zip, tar, tar.gz, npz or parquet file. Drop it anywhere on this page, or choose it."
            />
            <Select
              label="Format"
              placeholder="what is recognised"
              clearable
              data={[...FORMATS]}
              value={form.format || null}
              onChange={(value) => set({ format: value ?? '' })}
            />
            <NameField value={form.name} onChange={(name) => set({ name })} />
            <Select
              label="What it is for"
              allowDeselect={false}
              data={[
                { value: 'TEST', label: 'evaluation' },
                { value: 'TRAIN', label: 'training' },
              ]}
              value={form.split}
              onChange={(value) => value && set({ split: value as DatasetSplit })}
            />
            <TextInput
              label="Names of the classes"
              description="In the order of the labels, separated by commas. Left empty: those that the file says, else numbers."
              value={form.classes}
              onChange={(event) => set({ classes: event.currentTarget.value })}
            />
            <TextInput
              label="Height and width"
              description="To which pictures are resized. Left empty: they all have one size, which they keep."
              placeholder="224, 224"
              value={form.size}
              onChange={(event) => set({ size: event.currentTarget.value })}
            />
            <VisibilityField what="it" value={form.visibility} onChange={(visibility) => set({ visibility })} />
          </SimpleGrid>
        </Section>
      </UploadForm>
    </Page>
  );
}
