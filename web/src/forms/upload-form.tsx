/** The frame of a form that sends a file: dropped anywhere or chosen, with how much is sent, what is wrong, and the button. @module */
import { Alert, Button, FileInput, Group, Progress, Stack, Text } from '@mantine/core';
import { sendFile } from '@gauntlet/client/upload';
import { useRef, useState, type ReactNode } from 'react';
import { bytes } from '../components/numbers';

interface Sent {
  readonly done: number;
  readonly total: number;
}

export interface Upload {
  readonly file: File | null;
  readonly sent: Sent | undefined;
  /** Sends the file in parts, once; after a broken connection it sends what is missing. @returns the id of the upload. */
  send(): Promise<string>;
  choose(file: File | null): void;
}

/** @param onChoose told what was chosen or dropped. */
export function useUpload(onChoose?: (file: File) => void): Upload {
  const [file, setFile] = useState<File | null>(null);
  const [sent, setSent] = useState<Sent>();
  const kept = useRef<{ readonly file: File; readonly id: string }>(undefined);
  return {
    file,
    sent,
    async send() {
      if (kept.current?.file === file) return kept.current.id;
      setSent({ done: 0, total: file!.size });
      try {
        const id = await sendFile({ base: '', fetch: fetch.bind(globalThis), headers: {} }, file!, {
          fileName: file!.name,
          onProgress: (done, total) => setSent({ done, total }),
        });
        kept.current = { file: file!, id };
        return id;
      } finally {
        setSent(undefined);
      }
    },
    choose(chosen) {
      setFile(chosen);
      if (chosen) onChoose?.(chosen);
    },
  };
}

export function UploadField({ upload, description }: { readonly upload: Upload; readonly description: string }) {
  return (
    <FileInput
      label="File"
      description={description}
      placeholder="choose a file"
      value={upload.file}
      onChange={upload.choose}
      required
      clearable
      clearButtonProps={{ 'aria-label': 'Remove the file' }}
    />
  );
}

interface UploadFormProps {
  readonly upload: Upload;
  readonly onSubmit: () => Promise<void>;
  readonly problem: string | undefined;
  /** Title of the problem, such as `It was not submitted`. */
  readonly failure: string;
  readonly isSending: boolean;
  readonly isReady: boolean;
  /** Text of the button. */
  readonly button: string;
  readonly children: ReactNode;
}

export function UploadForm({ upload, onSubmit, problem, failure, isSending, isReady, button, children }: UploadFormProps) {
  const { sent } = upload;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void onSubmit();
      }}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        upload.choose(event.dataTransfer.files[0] ?? null);
      }}
    >
      <Stack gap="lg">
        {children}
        {problem && (
          <Alert color="red" variant="light" role="alert" title={failure}>
            {problem}
          </Alert>
        )}
        {sent && (
          <div aria-live="polite">
            <Text size="sm">
              {bytes(sent.done)} of {bytes(sent.total)} sent
            </Text>
            <Progress value={(sent.done / Math.max(1, sent.total)) * 100} aria-label="Share of the file that was sent" />
          </div>
        )}
        <Group>
          <Button type="submit" size="md" loading={isSending} disabled={!isReady}>
            {button}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
