/** `GET /badges/:id.svg`: the rank of a benchmark's entry as a picture for a README. @module */
import { makeBadge } from 'badge-maker';
import { Router, type Request, type Response } from 'express';
import type { Standing } from '../results/benchmark.js';
import type { DatabaseClient } from '../storage/database.js';
import type { BenchmarkEntry } from '../storage/generated/client.js';
import { resultOf } from '../storage/json.js';
import { rankingOf } from '../services/benchmark/ranking.js';
import { visibleClient } from '../services/access/visibility.js';
import { PUBLIC } from '../services/token/principal.js';
import { eitherRowId } from '../storage/global-id.js';
import { principalOf, route } from './admission.js';
import { HttpError } from './errors.js';

/** A rank changes with the entries of others. */
const SECONDS = 300;

export function badgeRoutes({ prisma }: { readonly prisma: DatabaseClient }): Router {
  const router = Router();
  route(router, 'GET /badges/:id.svg', async (request: Request<{ id: string }>, response: Response) => {
    const principal = principalOf(response);
    const visible = visibleClient(prisma, principal);
    const id = eitherRowId(request.params.id, 'BenchmarkEntry');
    const entry = id ? await visible.benchmarkEntry.findUnique({ where: { id }, include: { benchmark: true } }) : null;
    if (!entry) throw new HttpError(404, 'NOT_FOUND', 'There is no entry of a benchmark with this id.');
    const { benchmark } = entry;
    const entries = await visible.benchmarkEntry.findMany({
      where: { benchmarkId: benchmark.id },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    });
    // What anybody may see may stay in shared caches, such as those of code hosts.
    const kept = principal === PUBLIC ? 'public' : 'private';
    response.set({
      'Cache-Control': `${kept}, max-age=${SECONDS}`,
      'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
    });
    response.type('image/svg+xml').send(makeBadge({ label: benchmark.name, ...standing(rankingOf(entries), entry.id) }));
  });
  return router;
}

function standing(ranking: readonly Standing<BenchmarkEntry>[], id: string): { readonly message: string; readonly color: string } {
  const own = ranking.find(({ entry, same }) => [entry, ...same].some((one) => one.id === id));
  if (!own) return { message: 'not ranked', color: 'lightgrey' };
  const { rank, robust, entry } = own;
  const accuracy = `${(100 * (robust.value ?? 0)).toFixed(1)} % robust`;
  if (resultOf(entry)!.maskedGradients) return { message: `masked gradients · ${accuracy}`, color: 'orange' };
  return { message: `rank ${rank} of ${ranking.length} · ${accuracy}`, color: rank === 1 ? 'brightgreen' : 'blue' };
}
