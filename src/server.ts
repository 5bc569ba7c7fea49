/** Entry: HTTP, GraphQL, subscriptions and uploads, and, unless told otherwise, a worker in the same process. @module */
import { startApplication } from './application.js';
import { start } from './start.js';

const FIRST_QUERY =
  '{ evaluations(first: 5) { nodes { model { name } attack { kind epsilon } job { state progress { done total } } clean { top1 { value } } adversarial { top1 { value lower upper n } } } } }';

await start(async (config, log) => {
  const application = await startApplication(config, log);
  log.info(`GraphQL API at ${application.graphqlUrl}`);
  // To standard output and without a log's decoration, to be copied.
  console.log(
    [
      '',
      `Gauntlet serves at ${application.graphqlUrl}. A first query:`,
      '',
      `curl -s ${application.graphqlUrl} -H 'content-type: application/json' \\`,
      `  -d '${JSON.stringify({ query: FIRST_QUERY })}'`,
      '',
    ].join('\n'),
  );
  return application;
});
