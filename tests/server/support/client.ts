/** GraphQL over HTTP as any client would send it. */
export interface GraphQLResponse<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { message: string; path?: unknown; extensions?: { code?: string; stacktrace?: unknown } }[];
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests assert on the shape
export type GraphQLClient = <Data = any>(query: string, variables?: Record<string, unknown>) => Promise<GraphQLResponse<Data>>;

/** @param authorization the header of that name. */
export function graphqlClient(url: string, authorization: string): GraphQLClient {
  return async (query, variables) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as never;
  };
}

/** The data of a response that has no errors. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests assert on the shape
export async function dataOf<Data = any>(response: Promise<GraphQLResponse<Data>>): Promise<Data> {
  const { data, errors } = await response;
  if (errors || !data) throw new Error(`GraphQL errors: ${JSON.stringify(errors)}`);
  return data;
}

export async function until<Value>(read: () => Promise<Value | undefined | false>, what: string, timeoutMs = 240_000): Promise<Value> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
