/**
 * Which workers may take a part. Those with a GPU take from all lanes, the others from those without. What gains most by a GPU, training and large models, is kept
 * for one as long as one is there; a job may also ask for a GPU, or for none.
 * @module
 */
import type { DatabaseClient, Transaction } from '../storage/database.js';
import type { Job } from '../storage/generated/client.js';
import { engineOf } from '../storage/json.js';
import { LANES, type JobQueue, type Lane, type PartLane } from './queue.js';
import { livingWorkers } from './workers.js';

const GPU_LANES: Readonly<Partial<Record<Lane, PartLane>>> = { compute: 'compute-gpu', training: 'training-gpu' };

/** Numbers of a model with which a GPU is worth waiting for. */
const LARGE = 2_000_000;

export const isLarge = ({ parameterCount }: { readonly parameterCount: number | null }): boolean => (parameterCount ?? 0) >= LARGE;

const hasGpu = (worker: Parameters<typeof engineOf>[0]): boolean => engineOf(worker)!.provider !== 'cpu';

/** The lanes that a worker takes from. */
export const lanesOf = (gpu: boolean): PartLane[] =>
  (Object.keys(LANES) as (keyof typeof LANES)[]).filter((name): name is PartLane => name !== 'plan' && (gpu || !isGpuLane(name)));

const isGpuLane = (lane: string): boolean => lane.endsWith('-gpu');

/** @param lane of its kind. @param gains whether a GPU would shorten it much. */
export async function laneOf(tx: Transaction, { device }: Pick<Job, 'device'>, lane: Lane, gains: boolean): Promise<PartLane> {
  const withGpu = GPU_LANES[lane];
  if (!withGpu || device === 'CPU' || (device === 'AUTO' && !gains)) return lane;
  return device === 'GPU' || (await livingWorkers(tx)).some(hasGpu) ? withGpu : lane;
}

/** Where no worker has a GPU any more, parts that wait for one go to the others, unless their job asks for one. @returns how many. */
export async function releaseFromGpu(prisma: DatabaseClient, queue: JobQueue): Promise<number> {
  if ((await livingWorkers(prisma)).some(hasGpu)) return 0;
  return prisma.$transaction(async (tx) => {
    const where = { finishedAt: null, lane: { in: Object.values(GPU_LANES) }, job: { device: 'AUTO' as const } };
    const rows = await tx.jobPart.findMany({ where, select: { id: true, turn: true, lane: true, job: { select: { owner: true } } } });
    const waiting = await queue.waiting(
      tx,
      rows.map(({ id }) => id),
    );
    const moved = rows.filter(({ id }) => waiting.has(id));
    await queue.remove(tx, moved);
    const sent = moved.map(({ id, turn, lane, job: { owner } }) => ({ id, turn, owner, lane: lane.replace('-gpu', '') }));
    for (const { id, lane } of sent) await tx.jobPart.update({ where: { id }, data: { lane } });
    await queue.send(tx, sent);
    return moved.length;
  });
}
