/** What is fuzzed, and what comes of it. @module */
import type { Operation, Subject } from './operations.js';

export interface FuzzTarget extends Subject {
  readonly graphqlUrl: string;
  /** Headers of each role; undefined: none. */
  readonly authorizations: Readonly<Record<string, string | undefined>>;
}

export interface Sent {
  readonly operation: Operation;
  readonly role: string;
  readonly status: number;
  readonly codes: readonly string[];
  readonly ms: number;
  /** What no answer may be; undefined: all is well. */
  readonly fault: string | undefined;
}
