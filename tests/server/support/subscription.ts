/** Subscriptions over a WebSocket, as clients with graphql-ws make them. */
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

/** Everything that a subscription sends until it ends. @param onEvent is called with each event as it comes. */
export async function collect<Data>(
  graphqlUrl: string,
  authorization: string,
  query: string,
  variables: Record<string, unknown>,
  onEvent?: (data: Data) => void,
): Promise<Data[]> {
  const client = createClient({
    url: graphqlUrl.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
    retryAttempts: 0,
  });
  try {
    const received: Data[] = [];
    for await (const { data, errors } of client.iterate<Data>({ query, variables })) {
      if (errors) throw new Error(errors.map((error) => error.message).join('; '));
      if (!data) continue;
      received.push(data);
      onEvent?.(data);
    }
    return received;
  } finally {
    await client.dispose();
  }
}
