/** The server as a whole: a runtime, the services on it, and HTTP around them. @module */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { Config } from './config.js';
import { createHttpApp } from './http/app.js';
import { Admission } from './http/admission.js';
import { CHECK_INTERVAL_MS, limitConnections } from './http/connections.js';
import { GRAPHQL_PATH } from './http/errors.js';
import { functionSockets } from './http/functions.js';
import { graphqlOverHttp } from './http/graphql.js';
import { createMetrics } from './http/metrics.js';
import { Origins } from './http/origins.js';
import { acceptSockets } from './http/upgrades.js';
import { graphqlOverWebSocket } from './http/websocket.js';
import { createContext, createRefusals, createSchema } from './resolvers/index.js';
import { openRuntime, type Runtime, type RuntimeOptions } from './runtime.js';
import { bootstrap } from './services/bootstrap.js';
import type { Services } from './services/index.js';
import { FailedTokens } from './services/access/failed-tokens.js';
import { RequestLimiter } from './services/access/rate-limiter.js';
import type { Principal } from './services/token/principal.js';
import { sweepArtifacts, sweepCache } from './storage/sweep.js';

export interface Application {
  /** Where it listens, such as `http://127.0.0.1:4000`. */
  readonly url: string;
  readonly graphqlUrl: string;
  /** An admin's token, where this start has made the first. */
  readonly firstToken: string | undefined;
  readonly runtime: Runtime;
  readonly services: Services;
  close(): Promise<void>;
}

const TIDY_INTERVAL_MS = 3_600_000;

export async function startApplication(config: Config, log: Logger, options: RuntimeOptions = {}): Promise<Application> {
  const runtime = await openRuntime(config, log, options);
  try {
    return await serve(config, runtime);
  } catch (error) {
    await runtime.close();
    throw error;
  }
}

async function serve(config: Config, runtime: Runtime): Promise<Application> {
  const { database, compute, artifacts, cache, environment, queue, watcher, services, log } = runtime;
  const tidy = async () => {
    await services.uploads.expire();
    await services.sessions.expire();
    await services.uploads.sweep();
    const expired = await services.retention.expire();
    if (Object.values(expired).some((count) => count > 0)) log.info(expired, 'deleted what has reached its age');
    const report = await sweepArtifacts(database.prisma, artifacts);
    if (Object.values(report).some((count) => count > 0)) log.warn(report, 'the artifact store and its rows differed; they agree again');
    await sweepCache(database.prisma, cache);
  };
  const tidyLogged = () => tidy().catch((error: unknown) => log.error({ err: error }, 'tidying up'));
  // Of a large store it takes minutes, for which nobody has to wait.
  let tidied = tidyLogged();
  const tidying = setInterval(() => {
    tidied = tidied.then(tidyLogged);
  }, TIDY_INTERVAL_MS);

  const schema = await createSchema();
  const failedTokens = new FailedTokens(config.failedTokensPerMinute);
  const admission = new Admission({
    tokens: services.tokens,
    sessions: services.sessions,
    signedUrls: services.signedUrls,
    limiter: new RequestLimiter(config.requestsPerMinute),
    failedTokens,
    origins: new Origins(config.origins),
    tokensRequired: config.tokensRequired,
    publicRead: config.publicRead,
  });
  const contextOf = (viewer: Principal) => createContext(services, viewer);
  const graphqlOptions = { schema, contextOf, limits: config.queries, refuse: createRefusals(schema), log };
  const graphql = await graphqlOverHttp(graphqlOptions);
  const app = createHttpApp({
    prisma: database.prisma,
    artifacts,
    compute,
    modelFolders: environment.modelFolders,
    datasetSource: (dataset) => environment.datasetSource(dataset),
    uploads: services.uploads,
    functions: services.functions,
    metrics: createMetrics(database, compute),
    workers: async () => (await services.jobs.workers()).length,
    readiness: {
      database: () => database.prisma.$queryRaw`SELECT 1`,
      queue: () => queue.check(),
      engine: async () => {
        const { state, lastDeath } = await compute.processStatus();
        if (state === 'failing') throw new Error(`The computing process ends each time: ${lastDeath}.`);
      },
      artifacts: () => artifacts.check(),
    },
    metricsPublic: config.metricsPublic,
    admission,
    sessions: services.sessions,
    oidc: config.oidc,
    failedTokens,
    webDirectory: config.webDirectory,
    trustProxy: config.origins.trustProxy,
    graphql: graphql.routes,
    log,
  });
  const server = createServer({ connectionsCheckingInterval: CHECK_INTERVAL_MS }, app);
  limitConnections(server, { ...config.connections, behindProxy: config.origins.trustProxy }, log);
  // Whoever closes first must be the client or proxy: a request that it sends into a connection that the server is closing is lost.
  server.keepAliveTimeout = config.keepAliveSeconds * 1000;
  await listen(server, config.port, config.host);
  const { maxMessageBytes } = config.functions;
  const closeSockets = acceptSockets(server, [
    graphqlOverWebSocket({ ...graphqlOptions, admission, socketLimits: config.sockets }),
    functionSockets({ functions: services.functions, admission, maxMessageBytes, log }),
  ]);
  const { port } = server.address() as AddressInfo;
  services.functions.address = (config.internalUrl ?? internalUrl(config.host, port)).replace(/\/+$/, '');
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;

  if (config.demo)
    await bootstrap({ services, assetsDirectory: config.assetsDirectory, datasetDirectories: config.datasetDirectories, log });
  await queue.workOnWebhooks((id, message) => services.webhooks.deliver(id, message));
  if (config.jobs.work) await runtime.work();
  // Last, so that nothing can come between the making of it and its being shown.
  const firstToken = await services.tokens.first();

  return {
    url,
    firstToken,
    graphqlUrl: `${url}${GRAPHQL_PATH}`,
    runtime,
    services,
    async close() {
      clearInterval(tidying);
      await tidied;
      watcher.close();
      await closeSockets();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await graphql.stop();
      await runtime.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Where processes of this machine reach the server. */
function internalUrl(host: string, port: number): string {
  const isAny = ['0.0.0.0', '::', ''].includes(host);
  return `http://${isAny ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host}:${port}`;
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
