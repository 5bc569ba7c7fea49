/** All kinds of jobs. @module */
import { certificationHandler } from './certification/handler.js';
import { destructionHandler } from './destruction/handler.js';
import { evaluationHandler } from './evaluation/handler.js';
import { imagesHandler } from './evaluation/images-handler.js';
import { studyHandler } from './study/handler.js';
import { trainingHandler } from './training/handler.js';
import { transferHandler } from './transfer/handler.js';
import type { JobHandler } from './types.js';
import { validationHandler } from './model/handler.js';

const handlers: readonly JobHandler[] = [
  certificationHandler,
  destructionHandler,
  evaluationHandler,
  imagesHandler,
  studyHandler,
  trainingHandler,
  transferHandler,
  validationHandler,
];

export const jobHandlers: ReadonlyMap<string, JobHandler> = new Map(handlers.map((handler) => [handler.kind, handler]));
