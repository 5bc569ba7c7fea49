/** Deleting what nothing needs any more. @module */
import { DomainError } from '../../errors.js';
import { abandonIn } from '../../jobs/end-job.js';
import type { DroppedArtifacts, JobEnvironment } from '../../jobs/types.js';
import { releaseArtifacts } from '../../storage/artifact-rows.js';
import type { Transaction } from '../../storage/database.js';
import { Prisma } from '../../storage/generated/client.js';
import { recordAudit } from '../audit/audit.js';
import { checkMayChange, type Principal } from '../token/principal.js';
import { visibleClient } from '../access/visibility.js';
import { deletables, type Deletable, type DeletableKind } from './deletables.js';

export class DeletionService {
  constructor(private readonly environment: JobEnvironment) {}

  /** Deletes a row of the principal's with its jobs and artifacts; what is running stops. @throws DomainError NOT_FOUND, FORBIDDEN, IN_USE */
  async delete(principal: Principal, kind: DeletableKind, id: string | undefined): Promise<void> {
    const { prisma, artifacts } = this.environment;
    const deletable: Deletable = deletables[kind];
    const path = [`${kind}Id`];
    const found = id && (await deletable.find(visibleClient(prisma, principal), id));
    if (!found) throw missing(deletable, path);
    checkMayChange(principal, found, deletable.title, path);
    const dropped = await prisma.$transaction(async (tx) => {
      await recordAudit(tx, principal, 'DELETED', { type: deletable.table, id }, { owner: found.owner });
      return this.deleteIn(tx, principal, deletable, id, path);
    });
    await releaseArtifacts(prisma, artifacts, dropped);
  }

  private async deleteIn(
    tx: Transaction,
    principal: Principal,
    deletable: Deletable,
    id: string,
    path: string[],
  ): Promise<DroppedArtifacts> {
    const jobIds = [...((await deletable.find(tx, id))?.jobIds ?? [])];
    // Jobs first, as whoever ends one does. What would need the row from now on waits, and does not find it.
    await tx.$queryRaw`SELECT FROM "Job" WHERE "id" = ANY(${jobIds}::uuid[]) ORDER BY "id" FOR UPDATE`;
    const rows = await tx.$queryRaw<object[]>`SELECT FROM ${Prisma.raw(`"${deletable.table}"`)} WHERE "id" = ${id}::uuid FOR UPDATE`;
    if (rows.length === 0) throw missing(deletable, path);
    const isAlive = { state: { in: ['QUEUED' as const, 'RUNNING' as const] } };
    const others = { jobId: { in: jobIds }, name: { not: principal.name }, job: isAlive };
    const waiting = principal.role === 'ADMIN' ? 0 : await tx.jobRequester.count({ where: others });
    checkUnneeded(deletable, { ...(await deletable.neededBy?.(tx, id)), 'others who wait for it': waiting }, path);
    const dropped: (string | null)[] = [];
    for (const jobId of jobIds) dropped.push(...(await abandonIn(tx, this.environment.queue, jobId)));
    dropped.push(...(await deletable.remove(tx, id)));
    await tx.job.deleteMany({ where: { id: { in: jobIds } } });
    return dropped;
  }
}

const missing = ({ title }: Deletable, path: string[]) => new DomainError('NOT_FOUND', `There is no ${title} with this id.`, path);

/** Others' rows are counted, not named. */
function checkUnneeded({ title }: Deletable, neededBy: Readonly<Record<string, number>>, path: string[]): void {
  const needs = Object.entries(neededBy).filter(([, count]) => count > 0);
  if (needs.length === 0) return;
  const list = needs.map(([name, count]) => `${name} (${count})`).join(', ');
  throw new DomainError('IN_USE', `The ${title} is needed by ${list}. Delete these first.`, path);
}
