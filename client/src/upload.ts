/** Resumable uploads. @module */
import retry, { AbortError } from 'p-retry';
import { GauntletError } from './errors.js';

export interface UploadOptions {
  readonly fileName?: string;
  /** Called as the server confirms bytes. */
  readonly onProgress?: (sent: number, total: number) => void;
  readonly signal?: AbortSignal;
  /** Bytes of one request. Default: 8 MiB. */
  readonly partSize?: number;
  /** Tries of each part beyond the first. Default: 5. */
  readonly retries?: number;
}

export interface Endpoint {
  readonly base: string;
  readonly fetch: typeof globalThis.fetch;
  readonly headers: Record<string, string>;
}

interface Status {
  readonly id: string;
  readonly received: number;
}

/** @returns id of the finished upload. @throws GauntletError where the server refuses it or stays away for too long. */
export async function sendFile({ base, fetch, headers }: Endpoint, file: Blob, options: UploadOptions): Promise<string> {
  const { fileName, onProgress, signal, partSize = 8 * 2 ** 20, retries = 5 } = options;
  const opened = await ask(
    fetch(`${base}/uploads`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ size: file.size, fileName }),
      signal,
    }),
  );
  const url = `${base}/uploads/${opened.id}`;
  let received = 0;
  // An empty file is one empty part: it is for the server to say that this is no model.
  do {
    const sendPart = async (attempt: number) => {
      // After a broken connection the server knows better how much has arrived.
      if (attempt > 1) received = (await ask(fetch(url, { headers, signal }))).received;
      if (attempt > 1 && received === file.size) return received;
      const part = file.slice(received, received + partSize);
      return (await ask(fetch(url, { method: 'PUT', headers: { 'upload-offset': String(received), ...headers }, body: part, signal })))
        .received;
    };
    received = await retry(sendPart, { retries, signal, minTimeout: 200 });
    onProgress?.(received, file.size);
  } while (received < file.size);
  return opened.id;
}

/** Worth another try: the server is overloaded, or still holds the connection that broke. */
const PASSING = [409, 429];

/** Answers that say what is wrong are final; a missing answer, or one that will pass, is not. */
async function ask(answer: Promise<Response>): Promise<Status> {
  const response = await answer;
  const body = (await response.json().catch(() => ({}))) as Partial<Status> & { error?: { code: string; message: string } };
  if (response.ok) return body as Status;
  const error = new GauntletError(body.error?.code ?? `HTTP_${response.status}`, body.error?.message ?? response.statusText);
  throw response.status >= 500 || PASSING.includes(response.status) ? error : new AbortError(error);
}
