/**
 * A store of objects: bytes under keys such as `sha256/ab/abcd…`, written whole or not at all. One more kind of store is one file here and one line in `open.ts`.
 * Every method rejects with StoreUnavailable where the store does not answer, or not as it should: another try may succeed.
 * @module
 */
import type { Readable } from 'node:stream';

export interface ObjectInfo {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** When it was written, by the clock of the store. */
  readonly modified: Date;
}

/** First byte and the byte after the last. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface ObjectStore {
  /** Where it is, for people. */
  readonly location: string;
  /** A folder of this machine, in which files are made that are then put. */
  readonly spool: string;
  /** Whether putting takes the time of a network. */
  readonly isRemote: boolean;
  /** Makes what it needs, and checks that it answers. */
  prepare(): Promise<void>;
  /** Puts a file of this machine, in place of what is there. The file may be gone afterwards. */
  putFile(key: string, path: string): Promise<void>;
  /** Puts a few bytes unless something is there. @returns whether it did. */
  putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean>;
  /** Undefined where nothing is under the key. */
  head(key: string): Promise<ObjectInfo | undefined>;
  /** The stream fails with ArtifactMissing where nothing is under the key; a range must not be empty. */
  read(key: string, range?: ByteRange): Readable;
  /** Does nothing where nothing is under the key. */
  delete(key: string): Promise<void>;
  /** Everything under keys with a prefix that ends in `/`, in the order of keys. */
  list(prefix: string): AsyncIterable<ObjectInfo>;
  /** Removes what was begun before a time and not finished, by processes that were killed. Absent: there is nothing of that kind but the files of the spool. */
  removeUnfinished?(before: Date): Promise<void>;
  /** Path of the object on this machine, where objects are files. */
  localPath?(key: string): string;
  close(): void;
}
