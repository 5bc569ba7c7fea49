/** All HTTP routes. @module */
import express, { type Express, type Router } from 'express';
import type { Logger } from 'pino';
import type { SupervisedCompute } from '../compute/host/index.js';
import type { FailedTokens } from '../services/access/failed-tokens.js';
import type { FunctionService } from '../services/model/functions.js';
import type { SessionService } from '../services/session/sessions.js';
import type { UploadService } from '../services/upload/uploads.js';
import { admit, route, type Admission } from './admission.js';
import { artifactRoutes, type ArtifactRouteOptions } from './artifacts.js';
import { badgeRoutes } from './badges.js';
import { dashboardRoutes } from './dashboard.js';
import { errorHandler, notFound } from './errors.js';
import { exportRoutes } from './exports.js';
import { functionCallRoutes, functionRoutes } from './functions.js';
import { healthRoutes, type ReadinessChecks } from './health.js';
import type { Metrics } from './metrics.js';
import { modelRoutes, type ModelRouteOptions } from './models.js';
import { oidcRoutes, type OidcOptions } from './oidc.js';
import { followRequests } from './requests.js';
import { sessionRoutes } from './session.js';
import { studyRoutes } from './studies.js';
import { uploadRoutes } from './uploads.js';

export interface HttpAppOptions extends ArtifactRouteOptions, ModelRouteOptions {
  readonly compute: SupervisedCompute;
  readonly uploads: UploadService;
  readonly functions: FunctionService;
  readonly readiness: ReadinessChecks;
  /** How many workers live. */
  readonly workers: () => Promise<number>;
  readonly metrics: Metrics;
  readonly metricsPublic: boolean;
  readonly graphql: Router;
  readonly admission: Admission;
  readonly sessions: SessionService;
  /** A provider by which people sign in. */
  readonly oidc: OidcOptions | undefined;
  readonly failedTokens: FailedTokens;
  /** The dashboard as built. */
  readonly webDirectory: string;
  /** Whether a proxy in front says who asks, and by which scheme. */
  readonly trustProxy: boolean;
  readonly log: Logger;
}

export function createHttpApp(options: HttpAppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  // One proxy: what clients themselves write into X-Forwarded-For is not believed.
  if (options.trustProxy) app.set('trust proxy', 1);
  app.use((_request, response, next) => {
    response.set({ 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer' });
    next();
  });
  app.use(followRequests(options.log));
  app.use(options.metrics.measure);
  app.use(options.admission.origins.share);
  app.use(dashboardRoutes(options.webDirectory));
  app.use(healthRoutes(options.readiness, options.workers, options.compute));
  if (options.metricsPublic) app.get('/metrics', options.metrics.report);
  app.use(sessionRoutes(options.sessions, options.failedTokens, options.admission.origins, options.oidc !== undefined));
  if (options.oidc) app.use(oidcRoutes(options.oidc, options.sessions, options.log));
  app.use(functionCallRoutes(options.functions));
  app.use(admit(options.admission));
  route(app, 'GET /metrics', options.metrics.report);
  app.use(uploadRoutes(options.uploads));
  app.use(artifactRoutes(options));
  app.use(modelRoutes(options));
  app.use(functionRoutes(options.functions));
  app.use(badgeRoutes(options));
  app.use(exportRoutes(options));
  app.use(studyRoutes(options));
  app.use(options.graphql);
  app.use(notFound);
  app.use(errorHandler(options.log));
  return app;
}
