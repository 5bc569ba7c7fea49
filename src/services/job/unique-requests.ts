/** Requests that are made again, also in the same moment, have one job: that of the first. @module */
import { createHash } from 'node:crypto';
import pRetry from 'p-retry';
import type { DatabaseClient, Transaction } from '../../storage/database.js';
import { isConflict, isUniqueViolation } from '../../storage/errors.js';

/** A retry finds what another request has queued; one that names many jobs may meet several others. */
const AGAIN = { retries: 10, minTimeout: 1, maxTimeout: 50, randomize: true };

/** SHA-256 of a request, the `activeRequestHash` of its job. @param parts what is requested, as plain data: ids of rows, and values. */
export const hashOf = (...parts: readonly unknown[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/** The rows of jobs that answer a request. */
export const answering = (...hashes: readonly string[]) => ({ job: { activeRequestHash: { in: [...hashes] } } });

/**
 * Finds or queues jobs in a transaction.
 * @param work creates jobs with an `activeRequestHash` where it finds none. It runs again where another request has created the same in the meantime.
 */
export function withUniqueJobs<Result>(prisma: DatabaseClient, work: (tx: Transaction) => Promise<Result>): Promise<Result> {
  const shouldRetry = ({ error }: { error: Error }) => isUniqueViolation(error) || isConflict(error);
  return pRetry(() => prisma.$transaction(work), { ...AGAIN, shouldRetry });
}
