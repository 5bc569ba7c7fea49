/** Much work on rows, a few at a time: the embedded database has one connection, and others wait for each transaction. @module */
import { setTimeout } from 'node:timers/promises';

/** Rows with their jobs that are written in one transaction. */
export const AT_ONCE = 25;

/** In which others have their statements answered, in milliseconds. */
const PAUSE_MS = 10;

/** Items in lists of AT_ONCE, with a pause after each. */
export async function* inTurns<Item>(items: readonly Item[]): AsyncGenerator<Item[]> {
  for (let at = 0; at < items.length; at += AT_ONCE) {
    yield items.slice(at, at + AT_ONCE);
    await setTimeout(PAUSE_MS);
  }
}
