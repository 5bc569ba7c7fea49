/** What goes wrong with a WebSocket, as GauntletErrors. @module */
import { GauntletError } from './errors.js';
import { unreachable } from './http.js';

interface GraphQLFailure {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** Codes that the server closes sockets with. */
const CLOSED: Readonly<Record<number, string>> = { 4401: 'UNAUTHENTICATED', 4429: 'TOO_MANY_REQUESTS' };

/** @param problem errors of GraphQL, or the event that ended the socket; an Error is none of the socket's. */
export function socketError(base: string, problem: unknown): Error {
  if (problem instanceof Error) return problem;
  if (Array.isArray(problem)) return subscriptionError(problem[0] as GraphQLFailure);
  const { code, reason } = problem as { code?: number; reason?: string };
  const name = CLOSED[code ?? 0];
  return name ? new GauntletError(name, reason ?? '', { cause: problem }) : unreachable(base, problem);
}

export function subscriptionError({ message, extensions }: GraphQLFailure): GauntletError {
  return new GauntletError((extensions?.['code'] as string | undefined) ?? 'SUBSCRIPTION_FAILED', message);
}
