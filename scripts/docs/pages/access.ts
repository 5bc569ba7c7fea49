/** The least role of every operation and route, from `src/services/access/access.ts`. @module */
import { leastRole, operations } from '../../../src/services/access/access.js';
import { code, type GeneratedPage, table } from '../page.js';

/** Routes that need no token. */
const OPEN = ['GET /', 'GET /explorer', 'POST /session', 'DELETE /session', 'GET /healthz', 'GET /readyz'];

export const accessPage: GeneratedPage = {
  file: 'reference/access.md',
  source: 'src/services/access/access.ts',
  render() {
    const of = (prefix: string) =>
      operations
        .filter((operation) => operation.startsWith(`${prefix}.`))
        .map((operation) => operation.slice(prefix.length + 1))
        .map((name): [string, string] => [`[\`${name}\`](api/${PAGES[prefix]}.md#${name.toLowerCase()})`, leastRole(`${prefix}.${name}`)]);
    const routes = operations.filter((operation) => operation.includes(' '));
    return [
      '# Roles, operations and routes',
      'A token has a role. Each role includes those before it: `VIEWER`, `SUBMITTER`, `ADMIN`. What a role means, and who sees what: [run for a team](../guide/run-for-a-team.md#roles).',
      ...Object.keys(PAGES).flatMap((prefix) => [`## ${prefix}`, table(['operation', 'least role'], of(prefix))]),
      '## HTTP routes',
      '`POST /graphql` takes operations, and `/graphql` also WebSockets (`graphql-transport-ws`). Beside it:',
      table(
        ['route', 'least role'],
        [...OPEN.map((name) => [code(name), 'no token']), ...routes.map((name) => [code(name), leastRole(name)])],
      ),
      '`GET /metrics` needs no token where [`GAUNTLET_METRICS_PUBLIC`](configuration.md#gauntlet_metrics_public) is `true`.',
      '`GET /` and other paths without a dot are pages of the dashboard. `POST /session` makes a session cookie of `{"token": "…"}` for pages of the server itself; it authenticates what they load, images and WebSockets included, and ends with the token or with `DELETE /session`. Where [`GAUNTLET_PUBLIC_READ`](configuration.md#gauntlet_public_read) is `true`, requests without a token have the role `VIEWER`, and see what is public.',
    ].join('\n\n');
  },
};

const PAGES: Readonly<Record<string, string>> = { Query: 'queries', Mutation: 'mutations', Subscription: 'subscriptions' };
