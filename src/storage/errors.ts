/** Database errors that callers expect. @module */
import { systemCodeOf } from '../compute/errors.js';
import { DatabaseUnreachableError } from './database.js';
import { Prisma } from './generated/client.js';

const code = (error: unknown) => (error instanceof Prisma.PrismaClientKnownRequestError ? error.code : undefined);

export const isUniqueViolation = (error: unknown) => code(error) === 'P2002';

/** What a row refers to is not there, or not any more. */
export const isForeignKeyViolation = (error: unknown) => code(error) === 'P2003';

/** Two transactions wait for each other, and this one was ended. */
export const isConflict = (error: unknown) => code(error) === 'P2034';

/** Errors of connections to the database that Prisma knows. */
const CONNECTION_CODES = new Set(['P1001', 'P1002', 'P1008', 'P1011', 'P1017', 'P2024', 'P2028']);
/** Errors of connections that the system knows. */
const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);
/** SQLSTATE classes of a server that is going down, not up yet, or without room for a connection. */
const SERVER_CODES = /^(08...|53...|57P0.)$/;

/** SQLSTATE of what Prisma has wrapped. */
function databaseCode(error: Error): string | undefined {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return undefined;
  const { code: raw, driverAdapterError } = (error.meta ?? {}) as {
    code?: unknown;
    driverAdapterError?: { cause?: { originalCode?: unknown } };
  };
  const found = driverAdapterError?.cause?.originalCode ?? raw;
  return typeof found === 'string' ? found : undefined;
}

/** Whether the database or a store is away, or out of room, for a while: no fault of what was to be stored. */
export function isStoreTrouble(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof StoreUnavailable || at instanceof DatabaseUnreachableError) return true;
    // Of a connection that ends, pg gives no code.
    if (/^Connection terminated/.test(at.message)) return true;
    for (const known of [(at as { code?: unknown }).code, databaseCode(at)]) {
      if (typeof known !== 'string') continue;
      if (CONNECTION_CODES.has(known) || NETWORK_CODES.has(known) || SERVER_CODES.test(known)) return true;
    }
  }
  return error instanceof Prisma.PrismaClientInitializationError || systemCodeOf(error) !== undefined;
}

/** SQLSTATE of a server whose disk is full, and the codes of the system. */
const FULL = new Set(['53100', 'ENOSPC', 'EDQUOT']);

/** Whether a disk has no room left. */
export function isDiskFull(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (FULL.has((at as { code?: string }).code ?? '') || FULL.has(databaseCode(at) ?? '')) return true;
  }
  return FULL.has(systemCodeOf(error) ?? '');
}

/**
 * The artifact store does not answer, or not as it should: a network or a server that is away, a disk that is full, too many open files, credentials that have
 * expired. Says nothing about what was stored: another try, on another machine or later, may succeed.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';

  /** @param location of the store. */
  constructor(location: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
    super(`The artifact store ${location} is not available: ${reason.replace(/\.$/, '')}.`, { cause });
  }
}

/** The store answers, and does not have what a row says that it has. */
export class ArtifactMissing extends Error {
  override readonly name = 'ArtifactMissing';

  /** @param key of the object. */
  constructor(
    readonly key: string,
    options?: ErrorOptions,
  ) {
    super(`The artifact store does not have ${key} any more.`, options);
  }
}

/** The files of a data set are not on this machine; a worker that has them can do the work. */
export class DatasetNotHere extends Error {
  override readonly name = 'DatasetNotHere';
  readonly code = 'DATASET_NOT_HERE';
}
