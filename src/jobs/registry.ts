/** All kinds of jobs. @module */
import { evaluationHandler } from './evaluation/handler.js';
import type { JobHandler } from './types.js';

const handlers: readonly JobHandler[] = [evaluationHandler];

export const jobHandlers: ReadonlyMap<string, JobHandler> = new Map(handlers.map((handler) => [handler.kind, handler]));
