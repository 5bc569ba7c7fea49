/**
 * Entry: makes, lists and revokes tokens from the command line. With `GAUNTLET_TOKEN` it asks the running server, as an admin; without, it opens
 * the database itself, which an embedded one allows only while no server runs.
 * @module
 */
import { parseArgs } from 'node:util';
import { ConfigError, loadConfig, type Config } from './config.js';
import type { Services } from './services/index.js';
import { LockedError } from './storage/lock.js';

const USAGE = `npm run token -- create --name <whom it is for> --role VIEWER|SUBMITTER|ADMIN [--expires 30d]
npm run token -- list
npm run token -- revoke <id>

Set GAUNTLET_TOKEN to an admin's token to go through a running server (at GAUNTLET_URL, by default that of this configuration).`;

/** Something that whoever typed the command can mend; the message says it all. */
class UsageError extends Error {}

interface Result {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string }[];
}

/** The API, by whichever way. */
interface Api {
  ask(query: string, variables: Record<string, unknown>): Promise<Result>;
  close(): Promise<void>;
}

function overHttp(server: string, token: string): Api {
  const url = new URL('/graphql', server).href;
  return {
    async ask(query, variables) {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
      try {
        return (await (await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })).json()) as Result;
      } catch (error) {
        throw new UsageError(`There is no answer from ${url}. Start the server, or unset GAUNTLET_TOKEN to open the database directly.`, {
          cause: error,
        });
      }
    },
    close: async () => {},
  };
}

async function onDatabase(config: Config): Promise<Api> {
  // Who asks a running server need not wait for what a server loads.
  const [{ graphql }, { createContext, createSchema }, { SERVER }, { TokenService }, { openDatabase }] = await Promise.all([
    import('graphql'),
    import('./resolvers/index.js'),
    import('./services/token/principal.js'),
    import('./services/token/tokens.js'),
    import('./storage/open-database.js'),
  ]);
  const database = await openDatabase(config.database.url, { ...config, poolSize: 1 });
  const schema = await createSchema();
  const services = { prisma: database.prisma, tokens: new TokenService(database.prisma, true) } as Services;
  return {
    ask: async (source, variableValues) => graphql({ schema, source, variableValues, contextValue: createContext(services, SERVER) }),
    close: () => database.close(),
  };
}

const CREATE = `mutation ($name: String!, $role: Role!, $expiresAt: DateTimeISO) {
  createToken(input: { name: $name, role: $role, expiresAt: $expiresAt }) { ... on CreateTokenSuccess { secret } ... on UserError { message } }
}`;
const LIST = `{ tokens(first: 100) { totalCount nodes { id name role createdAt expiresAt revokedAt lastUsedAt } } }`;
const REVOKE = `mutation ($id: ID!) { revokeToken(input: { tokenId: $id }) { ... on RevokeTokenSuccess { token { name } } ... on UserError { message } } }`;

interface Answer {
  readonly message?: string;
  readonly secret?: string;
  readonly token?: { readonly name: string };
  readonly totalCount?: number;
  readonly nodes?: readonly object[];
}

async function run(api: Api, [command, id]: readonly string[], options: { name?: string; role?: string; expires?: string }): Promise<void> {
  const ask = async (query: string, variables: Record<string, unknown> = {}) => {
    const { data, errors } = await api.ask(query, variables);
    const answer = data && (Object.values(data)[0] as Answer | null);
    if (!answer || answer.message) throw new UsageError(answer?.message ?? errors!.map(({ message }) => message).join('\n'));
    return answer;
  };
  if (command === 'create' && options.name && options.role) {
    const expiresAt = options.expires && new Date(Date.now() + milliseconds(options.expires)).toISOString();
    const { secret } = await ask(CREATE, { name: options.name, role: options.role.toUpperCase(), ...(expiresAt && { expiresAt }) });
    console.log(secret);
  } else if (command === 'list') {
    const { totalCount, nodes } = await ask(LIST);
    console.table(nodes);
    if (totalCount! > nodes!.length) console.log(`The newest ${nodes!.length} of ${totalCount}; the query \`tokens\` shows all.`);
  } else if (command === 'revoke' && id) {
    const { token } = await ask(REVOKE, { id });
    console.log(`The token of "${token!.name}" is revoked.`);
  } else throw new UsageError(USAGE);
}

const HOURS: Readonly<Record<string, number>> = { h: 1, d: 24, w: 168 };

function milliseconds(duration: string): number {
  const match = /^(\d{1,5})([hdw])$/.exec(duration);
  if (!match) throw new UsageError(`--expires must look like 12h, 30d or 8w, not ${duration}.`);
  return Number(match[1]) * HOURS[match[2]!]! * 3_600_000;
}

try {
  const options = { name: { type: 'string' }, role: { type: 'string' }, expires: { type: 'string' } } as const;
  const { positionals, values } = parseArgs({ allowPositionals: true, options });
  const config = loadConfig();
  const { GAUNTLET_TOKEN: token, GAUNTLET_URL: url = `http://${config.host}:${config.port}` } = process.env;
  const api = token ? overHttp(url, token) : await onDatabase(config);
  await run(api, positionals, values).finally(() => api.close());
} catch (error) {
  process.exitCode = 1;
  const { message } = error as Error;
  if (error instanceof LockedError) console.error(`${message}\nOr set GAUNTLET_TOKEN to an admin's token to use the running server.`);
  else if (error instanceof UsageError || error instanceof ConfigError || error instanceof TypeError) console.error(message);
  else console.error(error);
}
