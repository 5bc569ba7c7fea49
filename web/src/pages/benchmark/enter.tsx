/** The way into a benchmark: a file, which becomes a listed model, or a model that is there. @module */
import { Button, Group, Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useClient } from 'urql';
import { Section } from '../../components/page';
import { CheckedModelDocument, EnterBenchmarkDocument, SubmitModelDocument } from '../../data/generated';
import { UploadField, UploadForm, useUpload } from '../../forms/upload-form';
import { versioned } from '../models/words';

interface EnterProps {
  readonly benchmarkId: string;
  readonly models: readonly { readonly id: string; readonly name: string; readonly version: number }[];
  readonly onEntered: () => void;
}

const CHECK_MS = 1000;

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export function Enter({ benchmarkId, models, onEntered }: EnterProps) {
  const client = useClient();
  const upload = useUpload();
  const [modelId, setModelId] = useState<string | null>(null);
  const [step, setStep] = useState<string>();
  const [problem, setProblem] = useState<string>();

  async function enter(id: string): Promise<void> {
    setStep('Entering …');
    const { data, error } = await client.mutation(EnterBenchmarkDocument, { input: { benchmarkId, modelId: id } });
    if (error) throw error;
    if (data && 'message' in data.enterBenchmark) throw new Error(data.enterBenchmark.message);
  }

  /** @returns the id of a listed model that has been checked. */
  async function submit(): Promise<string> {
    const uploadId = await upload.send();
    const name = upload.file!.name.replace(/\.(onnx|zip|tar|tgz|tar\.gz)$/, '');
    const { data, error } = await client.mutation(SubmitModelDocument, { input: { name, uploadId, visibility: 'LISTED' } });
    if (error) throw error;
    const answer = data!.submitModel;
    if (answer.__typename !== 'SubmitModelSuccess') throw new Error('message' in answer ? answer.message : 'It was not submitted.');
    for (;;) {
      setStep('The file is being checked …');
      const checked = await client.query(CheckedModelDocument, { id: answer.model.id }, { requestPolicy: 'network-only' });
      const model = checked.data?.model;
      if (model?.status === 'READY') return model.id;
      if (model?.status === 'REJECTED') throw new Error(model.job?.error ?? 'The file was rejected.');
      await later(CHECK_MS);
    }
  }

  async function run(work: () => Promise<void>): Promise<void> {
    setProblem(undefined);
    try {
      await work();
      onEntered();
    } catch (error) {
      setProblem((error as Error).message.replace('[GraphQL] ', ''));
    } finally {
      setStep(undefined);
    }
  }

  return (
    <Section title="Enter a model">
      <Stack>
        <UploadForm
          upload={upload}
          onSubmit={() => run(async () => enter(await submit()))}
          problem={problem}
          failure="It was not entered"
          isSending={step !== undefined || upload.sent !== undefined}
          isReady={upload.file !== null}
          button="Submit and enter"
        >
          <UploadField
            upload={upload}
            description="An .onnx file, or a zip or tar of a model: drop it here, or choose it. It becomes a listed model: its results are shown, and its file stays yours."
          />
        </UploadForm>
        {models.length > 0 && (
          <Group align="flex-end">
            <Select
              label="Or a model of yours"
              searchable
              value={modelId}
              onChange={setModelId}
              data={models.map((model) => ({ value: model.id, label: versioned(model) }))}
            />
            <Button onClick={() => modelId && void run(() => enter(modelId))} disabled={!modelId || step !== undefined}>
              Enter
            </Button>
          </Group>
        )}
        {step && (
          <Text size="sm" aria-live="polite">
            {step}
          </Text>
        )}
      </Stack>
    </Section>
  );
}
