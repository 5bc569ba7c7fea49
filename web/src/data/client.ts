/** The GraphQL client: one normalised cache, subscriptions over a WebSocket, and a way to the sign-in page. @module */
import { cacheExchange, type Cache } from '@urql/exchange-graphcache';
import { createClient as createSocket } from 'graphql-ws';
import { possibleTypes } from './generated';
import { Client, fetchExchange, mapExchange, subscriptionExchange, type CombinedError } from 'urql';

const socket = createSocket({
  url: `${location.origin.replace(/^http/, 'ws')}/graphql`,
  lazy: true,
  retryAttempts: Infinity,
  // A server that is restarted is found again; one that refuses the session is not asked again.
  shouldRetry: (problem) => (problem as CloseEvent).code !== 4401,
});

const isUnauthenticated = (error: CombinedError | undefined) =>
  error?.graphQLErrors.some(({ extensions }) => extensions['code'] === 'UNAUTHENTICATED') ?? false;

/** After a change every list may differ. What is on screen is read again. */
function forgetLists(_result: unknown, _args: unknown, cache: Cache): void {
  for (const { fieldName, fieldKey } of cache.inspectFields('Query')) {
    if (!CATALOGUES.has(fieldName)) cache.invalidate('Query', fieldKey);
  }
}

/** What is the same as long as the server runs. */
const CATALOGUES = new Set([
  'attackKinds',
  'architectures',
  'findingKinds',
  'optimizers',
  'schedules',
  'trainingSchemes',
  'studyRecipes',
  'viewer',
]);

const MUTATIONS = [
  'cancelJob',
  'createToken',
  'deleteModel',
  'deleteSavedView',
  'importImages',
  'raiseJob',
  'registerDataset',
  'revokeToken',
  'saveView',
  'startEvaluation',
  'startStudy',
  'startTraining',
  'startTransfer',
  'submitModel',
];

export const client = new Client({
  url: '/graphql',
  preferGetMethod: false,
  requestPolicy: 'cache-and-network',
  exchanges: [
    mapExchange({
      onError(error) {
        if (!isUnauthenticated(error) || location.pathname === '/sign-in') return;
        location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
      },
    }),
    cacheExchange({ possibleTypes, updates: { Mutation: Object.fromEntries(MUTATIONS.map((name) => [name, forgetLists])) } }),
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query, ...rest }) => ({
        subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query: query ?? '', ...rest }, sink as never) }),
      }),
    }),
  ],
});
