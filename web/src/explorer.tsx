/** GraphiQL with the schema's documentation, signed in as the user of the dashboard; nothing is loaded from elsewhere. @module */
import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './explorer.css';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createClient } from 'graphql-ws';
import { createRoot } from 'react-dom/client';
import { EXAMPLES } from './explorer-examples';

const fetcher = createGraphiQLFetcher({
  url: '/graphql',
  wsClient: createClient({ url: `${location.origin.replace(/^http/, 'ws')}/graphql`, lazy: true }),
  fetch: async (input, init) => {
    const response = await fetch(input, init);
    if (response.status === 401) location.assign('/sign-in?next=/explorer');
    return response;
  },
});

createRoot(document.getElementById('root')!).render(
  <GraphiQL fetcher={fetcher} defaultTabs={EXAMPLES} shouldPersistHeaders={false}>
    <GraphiQL.Logo>
      <a href="/" className="back">
        Gauntlet
      </a>
    </GraphiQL.Logo>
  </GraphiQL>,
);
