/** Requests whose failures are GauntletErrors. @module */
import { GauntletError } from './errors.js';

export interface Endpoint {
  readonly base: string;
  readonly fetch: typeof globalThis.fetch;
  readonly headers: Record<string, string>;
}

export interface Answer<Body> {
  readonly status: number;
  readonly ok: boolean;
  readonly body: Body;
}

/** @throws GauntletError UNREACHABLE where no whole answer comes, HTTP_ with its status where that is no JSON; what the signal aborts with. */
export async function send<Body>({ base, fetch, headers }: Endpoint, path: string, init: RequestInit): Promise<Answer<Body>> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${base}${path}`, { ...init, headers: { ...(init.headers as Record<string, string>), ...headers } });
    text = await response.text();
  } catch (error) {
    init.signal?.throwIfAborted();
    throw unreachable(base, error);
  }
  const { status, ok } = response;
  try {
    return { status, ok, body: JSON.parse(text) as Body };
  } catch {
    throw new GauntletError(`HTTP_${status}`, `The answer is not JSON: ${text.slice(0, 200) || response.statusText}`);
  }
}

export function unreachable(base: string, cause: unknown): GauntletError {
  return new GauntletError('UNREACHABLE', `There is no answer from ${base}. Is the server running?`, { cause });
}

/** Whether another try may help: the server is away, starting, or asked too often. */
export function isPassing({ code }: GauntletError): boolean {
  return /^(UNREACHABLE|TOO_MANY_REQUESTS|INTERNAL_SERVER_ERROR|HTTP_5\d\d)$/.test(code);
}
