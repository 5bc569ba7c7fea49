/** What an archive from a third party may hold. @module */
import { isAbsolute, posix } from 'node:path';

export interface ArchiveLimits {
  readonly maxEntries: number;
  /** Of everything unpacked, in bytes. */
  readonly maxBytes: number;
  /** Unpacked bytes for each byte of the archive. */
  readonly maxRatio: number;
}

export type ArchiveErrorCode = 'INVALID_ARCHIVE' | 'LIMIT_EXCEEDED';

/** An archive that is damaged, hostile or too large. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';

  constructor(
    readonly code: ArchiveErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Counts what is unpacked and stops it at the limits. Counts real bytes: headers may lie. */
export class ArchiveMeter {
  private entries = 0;
  private bytes = 0;
  /** Small archives may compress well; the ratio counts from here. */
  private static readonly RATIO_FROM = 10 * 1024 ** 2;

  constructor(
    private readonly limits: ArchiveLimits,
    private readonly archiveBytes: number,
  ) {}

  entry(): void {
    if (++this.entries > this.limits.maxEntries) {
      throw new ArchiveError('LIMIT_EXCEEDED', `The archive has more than ${this.limits.maxEntries} entries.`);
    }
  }

  add(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes > this.limits.maxBytes) {
      throw new ArchiveError('LIMIT_EXCEEDED', `The archive unpacks to more than ${this.limits.maxBytes} bytes.`);
    }
    if (this.bytes > ArchiveMeter.RATIO_FROM && this.bytes > this.archiveBytes * this.limits.maxRatio) {
      throw new ArchiveError('LIMIT_EXCEEDED', `The archive unpacks to more than ${this.limits.maxRatio} times its size.`);
    }
  }
}

/** No model needs more, and no removal of what was unpacked should run out of stack. */
const MAXIMUM_DEPTH = 32;

/** A relative path without a way out of the folder that it is unpacked into. */
export function safePath(name: string): string {
  const path = posix.normalize(name.replaceAll('\\', '/'));
  if (isAbsolute(path) || /^[a-z]:/i.test(path) || path.split('/').includes('..') || path.includes('\0')) {
    throw new ArchiveError('INVALID_ARCHIVE', `The archive has an entry that leads outside of it: ${JSON.stringify(name)}.`);
  }
  if (path.split('/').length > MAXIMUM_DEPTH) {
    throw new ArchiveError('LIMIT_EXCEEDED', `The archive has folders nested more than ${MAXIMUM_DEPTH} deep.`);
  }
  return path;
}
