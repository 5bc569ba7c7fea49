/** `/healthz`: the process answers. `/readyz`: so do database, queue, engine and artifact store; and how the process is that computes. @module */
import { Router } from 'express';
import type { SupervisedCompute } from '../compute/host/index.js';

/** A part that the server needs, and how to ask it. */
export type ReadinessChecks = Readonly<Record<string, () => Promise<unknown>>>;

const PATIENCE_MS = 5000;

export function healthRoutes(checks: ReadinessChecks, compute: SupervisedCompute): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  router.get('/readyz', async (_request, response) => {
    const results = await Promise.all(Object.entries(checks).map(async ([name, check]) => [name, await answers(check)] as const));
    const ready = results.every(([, ok]) => ok);
    const body = { status: ready ? 'ready' : 'not ready', checks: Object.fromEntries(results), compute: await compute.processStatus() };
    response.status(ready ? 200 : 503).json(body);
  });
  return router;
}

async function answers(check: () => Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), PATIENCE_MS)));
  const answer = check().then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
