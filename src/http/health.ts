/** `/healthz`: the process answers. `/readyz`: so do database, queue, engine and artifact store; and how the process is that computes. @module */
import { Router } from 'express';
import type { SupervisedCompute } from '../compute/host/index.js';

/** A part that the server needs, and how to ask it. */
export type ReadinessChecks = Readonly<Record<string, () => Promise<unknown>>>;

const PATIENCE_MS = 5000;
/** Anyone may ask, and each look takes the main thread's time. */
const SHARED_MS = 1000;

/** @param workers counts those that live. Without any a server answers as it should, and jobs wait. */
export function healthRoutes(checks: ReadinessChecks, workers: () => Promise<number>, compute: SupervisedCompute): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  const look = async () => {
    const results = await Promise.all(Object.entries(checks).map(async ([name, check]) => [name, await answers(check)] as const));
    const ready = results.every(([, ok]) => ok);
    return {
      status: ready ? 'ready' : 'not ready',
      checks: Object.fromEntries(results),
      workers: await withinPatience(workers),
      compute: await compute.processStatus(),
    };
  };
  const readiness = shared(look, SHARED_MS);
  router.get('/readyz', async (_request, response) => {
    const body = await readiness();
    response.status(body.status === 'ready' ? 200 : 503).json(body);
  });
  return router;
}

async function answers(check: () => Promise<unknown>): Promise<boolean> {
  return (await withinPatience(async () => (await check(), true))) ?? false;
}

/** @returns null where it fails or takes too long. */
async function withinPatience<Value>(read: () => Promise<Value>): Promise<Value | null> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), PATIENCE_MS)));
  try {
    return await Promise.race([read().catch(() => null), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** One look for all who ask until so many milliseconds after it began, or until it ends. */
function shared<Result>(look: () => Promise<Result>, ms: number): () => Promise<Result> {
  let last: { readonly began: number; readonly result: Promise<Result>; ended: boolean } | undefined;
  return () => {
    if (last && (!last.ended || performance.now() - last.began < ms)) return last.result;
    const current = { began: performance.now(), result: look(), ended: false };
    last = current;
    const end = () => void (current.ended = true);
    current.result.then(end, end);
    return current.result;
  };
}
