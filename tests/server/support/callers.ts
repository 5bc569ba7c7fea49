/** Everyone who may call, and what comes of it. */
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { TestApplication } from './application.js';
import { graphqlClient, type GraphQLResponse } from './client.js';

export const CALLERS = ['nobody', 'owner as VIEWER', 'other as VIEWER', 'owner as SUBMITTER', 'other as SUBMITTER', 'ADMIN'] as const;

export type Caller = (typeof CALLERS)[number];

/** A header for each; nobody's is empty. */
export async function credentials(app: TestApplication): Promise<Record<Caller, string>> {
  return {
    nobody: '',
    'owner as VIEWER': await app.authorizationOf('owner', 'VIEWER'),
    'other as VIEWER': await app.authorizationOf('other', 'VIEWER'),
    'owner as SUBMITTER': await app.authorizationOf('owner', 'SUBMITTER'),
    'other as SUBMITTER': await app.authorizationOf('other', 'SUBMITTER'),
    ADMIN: app.authorization,
  };
}

export type Outcome = 'ALLOWED' | 'NOT FOUND' | 'FORBIDDEN' | 'UNAUTHENTICATED';

export type Send = (query: string, variables: Record<string, unknown>) => Promise<GraphQLResponse<Record<string, unknown>>>;

/** The same request over either transport. */
export const transports: Readonly<Record<string, (app: TestApplication, authorization: string) => Send>> = {
  HTTP: (app, authorization) => graphqlClient(app.graphqlUrl, authorization),
  WebSocket: (app, authorization) => async (query, variables) => {
    const connectionParams = { authorization };
    const client = createClient({
      url: app.graphqlUrl.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      connectionParams,
      retryAttempts: 0,
    });
    try {
      for await (const result of client.iterate<Record<string, unknown>>({ query, variables })) return result as never;
      return { data: null };
    } catch (error) {
      // The socket was closed, or the operation refused.
      if ((error as { code?: number }).code === 4401) return { errors: [{ message: '', extensions: { code: 'UNAUTHENTICATED' } }] };
      return { errors: error as never };
    } finally {
      await client.dispose();
    }
  },
};

/** What a client learns from an answer with one operation in it. */
export function outcomeOf({ data, errors }: GraphQLResponse<Record<string, unknown>>): Outcome {
  const code = errors?.[0]?.extensions?.code;
  if (code === 'UNAUTHENTICATED' || code === 'FORBIDDEN') return code;
  if (errors?.[0]?.message.includes('There is no')) return 'NOT FOUND';
  // Refused for what it names, which is the caller's own.
  if (errors?.[0]?.message.includes('The upload is not complete')) return 'ALLOWED';
  if (errors || !data) throw new Error(JSON.stringify(errors));
  const [answer] = Object.values(data) as ({ __typename?: string; totalCount?: number } | null)[];
  if (answer?.__typename === 'ForbiddenError') return 'FORBIDDEN';
  const isMissing = Array.isArray(answer) && answer.length > 0 && answer.every((one) => one === null);
  if (!answer || isMissing || answer.totalCount === 0 || answer.__typename === 'NotFoundError') return 'NOT FOUND';
  return 'ALLOWED';
}
