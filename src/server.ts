/** Entry: HTTP, GraphQL, subscriptions and uploads, and, unless told otherwise, a worker in the same process. @module */
import './production.js';
import { startApplication } from './application.js';
import { start } from './start.js';

const FIRST_QUERY =
  '{ evaluations(first: 5) { nodes { model { name } attack { kind epsilon } job { state progress { done total } } clean { top1 { value } } adversarial { top1 { value lower upper n } } } } }';

await start(async (config, log) => {
  const application = await startApplication(config, log);
  const { graphqlUrl, firstToken } = application;
  log.info(`GraphQL API at ${graphqlUrl}`);
  const lines = [`Gauntlet serves at ${graphqlUrl}. A first query:`, ''];
  if (config.tokensRequired) {
    if (firstToken)
      lines.unshift("The first token, an admin's. It is shown this once: keep it.", '', `export GAUNTLET_TOKEN=${firstToken}`, '');
    lines.push(`curl -s ${graphqlUrl} -H "authorization: Bearer $GAUNTLET_TOKEN" -H 'content-type: application/json' \\`);
  } else lines.push(`curl -s ${graphqlUrl} -H 'content-type: application/json' \\`);
  lines.push(`  -d '${JSON.stringify({ query: FIRST_QUERY })}'`);
  // To standard output and without a log's decoration, to be copied.
  console.log(['', ...lines, ''].join('\n'));
  return application;
});
