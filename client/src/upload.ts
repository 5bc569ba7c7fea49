/** Resumable uploads. @module */
import retry, { AbortError } from 'p-retry';
import { GauntletError } from './errors.js';
import { isPassing, send, type Endpoint } from './http.js';

export interface UploadOptions {
  readonly fileName?: string;
  /** Called as the server confirms bytes. */
  readonly onProgress?: (sent: number, total: number) => void;
  readonly signal?: AbortSignal;
  /** Bytes of one request. Default: 8 MiB. */
  readonly partSize?: number;
  /** Tries of each request beyond the first, with pauses that double from 0.2 s on. Default: 5. */
  readonly retries?: number;
}

interface Status {
  readonly id: string;
  readonly received: number;
}

/** @returns id of the finished upload. @throws GauntletError where the server refuses it or stays away for too long. */
export async function sendFile(endpoint: Endpoint, file: Blob, options: UploadOptions): Promise<string> {
  const { fileName, onProgress, signal, partSize = 8 * 2 ** 20, retries = 5 } = options;
  const persistently = <T>(work: (attempt: number) => Promise<T>) => retry(work, { retries, signal, minTimeout: 200 });
  // One that was opened without our hearing of it expires unused.
  const { id } = await persistently(() =>
    ask(endpoint, '/uploads', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ size: file.size, fileName }),
      signal,
    }),
  );
  const path = `/uploads/${id}`;
  let received = 0;
  // An empty file is one empty part: it is for the server to say that this is no model.
  do {
    received = await persistently(async (attempt) => {
      // After a broken connection the server knows better how much has arrived.
      if (attempt > 1) received = (await ask(endpoint, path, { signal })).received;
      if (attempt > 1 && received === file.size) return received;
      const part = file.slice(received, received + partSize);
      return (await ask(endpoint, path, { method: 'PUT', headers: { 'upload-offset': String(received) }, body: part, signal })).received;
    });
    onProgress?.(received, file.size);
  } while (received < file.size);
  return id;
}

/** Answers that say what is wrong are final; a missing answer, or one that will pass, is not. */
async function ask(endpoint: Endpoint, path: string, init: RequestInit): Promise<Status> {
  const { status, ok, body } = await send<Status & { error?: { code: string; message: string } }>(endpoint, path, init).catch(
    (error: unknown) => {
      throw error instanceof GauntletError && !isPassing(error) ? new AbortError(error) : error;
    },
  );
  if (ok) return body;
  const error = new GauntletError(body.error?.code ?? `HTTP_${status}`, body.error?.message ?? `The server answered ${status}.`);
  // 409: the server still holds the connection that broke.
  throw isPassing(error) || status === 409 ? error : new AbortError(error);
}
