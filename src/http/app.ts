/** All HTTP routes. @module */
import express, { type Express, type Router } from 'express';
import type { Logger } from 'pino';
import type { SupervisedCompute } from '../compute/host/index.js';
import type { UploadService } from '../services/upload/uploads.js';
import { admit, route, type Admission } from './admission.js';
import { artifactRoutes, type ArtifactRouteOptions } from './artifacts.js';
import { errorHandler, notFound } from './errors.js';
import { exportRoutes } from './exports.js';
import { healthRoutes, type ReadinessChecks } from './health.js';
import { home } from './home.js';
import type { Metrics } from './metrics.js';
import { modelRoutes, type ModelRouteOptions } from './models.js';
import { studyRoutes } from './studies.js';
import { uploadRoutes } from './uploads.js';

export interface HttpAppOptions extends ArtifactRouteOptions, ModelRouteOptions {
  readonly compute: SupervisedCompute;
  readonly uploads: UploadService;
  readonly readiness: ReadinessChecks;
  readonly metrics: Metrics;
  readonly metricsPublic: boolean;
  readonly graphql: Router;
  readonly admission: Admission;
  readonly log: Logger;
}

export function createHttpApp(options: HttpAppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    response.set({ 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer' });
    next();
  });
  app.use(options.metrics.measure);
  app.get('/', home);
  app.use(healthRoutes(options.readiness, options.compute));
  if (options.metricsPublic) app.get('/metrics', options.metrics.report);
  app.use(admit(options.admission));
  route(app, 'GET /metrics', options.metrics.report);
  app.use(uploadRoutes(options.uploads));
  app.use(artifactRoutes(options));
  app.use(modelRoutes(options));
  app.use(exportRoutes(options));
  app.use(studyRoutes(options));
  app.use(options.graphql);
  app.use(notFound);
  app.use(errorHandler(options.log));
  return app;
}
