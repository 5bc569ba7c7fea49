/** Database errors that callers expect. @module */
import { Prisma } from './generated/client.js';

const code = (error: unknown) => (error instanceof Prisma.PrismaClientKnownRequestError ? error.code : undefined);

export const isUniqueViolation = (error: unknown) => code(error) === 'P2002';

/** What a row refers to is not there, or not any more. */
export const isForeignKeyViolation = (error: unknown) => code(error) === 'P2003';

/** Two transactions wait for each other, and this one was ended. */
export const isConflict = (error: unknown) => code(error) === 'P2034';

/** Errors of connections to the database that Prisma knows. */
const CONNECTION_CODES = new Set(['P1001', 'P1002', 'P1008', 'P1011', 'P1017', 'P2024', 'P2028']);
/** Errors of the system that pass. */
const SYSTEM_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EMFILE', 'ENFILE', 'EAGAIN', 'ENOSPC']);
/** SQLSTATE classes of a server that is going down, not up yet, or without room for a connection. */
const SERVER_CODES = /^(08...|53...|57P0.)$/;

/** Whether the database or a store is away, or out of room, for a while: no fault of what was to be stored. */
export function isStoreTrouble(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof StoreUnavailable) return true;
    const known = (at as { code?: unknown }).code;
    if (typeof known !== 'string') continue;
    if (CONNECTION_CODES.has(known) || SYSTEM_CODES.has(known) || SERVER_CODES.test(known)) return true;
  }
  return error instanceof Prisma.PrismaClientInitializationError;
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
