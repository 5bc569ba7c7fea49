/** The server as a whole: a runtime, the services on it, and HTTP around them. @module */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { Config } from './config.js';
import { createHttpApp } from './http/app.js';
import { Admission } from './http/admission.js';
import { GRAPHQL_PATH } from './http/errors.js';
import { graphqlOverHttp } from './http/graphql.js';
import { createMetrics } from './http/metrics.js';
import { Origins } from './http/origins.js';
import { graphqlOverWebSocket } from './http/websocket.js';
import { createContext, createSchema } from './resolvers/index.js';
import { openRuntime, type Runtime, type RuntimeOptions } from './runtime.js';
import { bootstrap } from './services/bootstrap.js';
import type { Services } from './services/index.js';
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
    return await serve(config, log, runtime);
  } catch (error) {
    await runtime.close();
    throw error;
  }
}

async function serve(config: Config, log: Logger, runtime: Runtime): Promise<Application> {
  const { database, compute, artifacts, cache, datasets, environment, queue, watcher, services } = runtime;
  const tidy = async () => {
    await services.uploads.expire();
    await services.sessions.expire();
    await services.uploads.sweep();
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
  const admission = new Admission({
    tokens: services.tokens,
    sessions: services.sessions,
    limiter: new RequestLimiter(config.requestsPerMinute),
    origins: new Origins(config.origins),
    tokensRequired: config.tokensRequired,
    publicRead: config.publicRead,
  });
  const contextOf = (viewer: Principal) => createContext(services, viewer);
  const graphqlOptions = { schema, contextOf, limits: config.queries, log };
  const graphql = await graphqlOverHttp(graphqlOptions);
  const app = createHttpApp({
    prisma: database.prisma,
    artifacts,
    compute,
    modelFolders: environment.modelFolders,
    datasets,
    uploads: services.uploads,
    metrics: createMetrics(database.prisma, compute),
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
    webDirectory: config.webDirectory,
    trustProxy: config.origins.trustProxy,
    graphql: graphql.routes,
    log,
  });
  const server = createServer(app);
  // Uploads may take longer than Node's five minutes for a request.
  server.requestTimeout = 0;
  // Whoever closes first must be the client or proxy: a request that it sends into a connection that the server is closing is lost.
  server.keepAliveTimeout = config.keepAliveSeconds * 1000;
  await listen(server, config.port, config.host);
  const closeSockets = graphqlOverWebSocket(server, { ...graphqlOptions, admission, socketLimits: config.sockets });
  const { port } = server.address() as AddressInfo;
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;

  if (config.demo)
    await bootstrap({ services, assetsDirectory: config.assetsDirectory, datasetDirectories: config.datasetDirectories, log });
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

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
