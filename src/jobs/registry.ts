/** All kinds of jobs. @module */
import { benchmarkHandler } from './benchmark/handler.js';
import { certificationHandler } from './certification/handler.js';
import { classifierHandler } from './classifier/handler.js';
import { datasetHandler } from './dataset/handler.js';
import { destructionHandler } from './destruction/handler.js';
import { gameHandler } from './game/handler.js';
import { evaluationHandler } from './evaluation/handler.js';
import { imagesHandler } from './evaluation/images-handler.js';
import { studyHandler } from './study/handler.js';
import { trainingHandler } from './training/handler.js';
import { transferHandler } from './transfer/handler.js';
import type { JobHandler } from './types.js';
import { validationHandler } from './model/handler.js';

const handlers = [
  benchmarkHandler,
  certificationHandler,
  classifierHandler,
  datasetHandler,
  destructionHandler,
  evaluationHandler,
  gameHandler,
  imagesHandler,
  studyHandler,
  trainingHandler,
  transferHandler,
  validationHandler,
] as unknown as readonly JobHandler[];

const byKind: ReadonlyMap<string, JobHandler> = new Map(handlers.map((handler) => [handler.kind, handler]));

/** @throws Error for a kind that this version does not know. */
export function handlerOf(kind: string): JobHandler {
  const handler = byKind.get(kind);
  if (!handler) throw new Error(`There are no jobs of kind ${kind}.`);
  return handler;
}
