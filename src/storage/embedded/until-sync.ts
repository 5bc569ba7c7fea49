/**
 * Mends the protocol of PGlite 0.4 after errors. In PostgreSQL a statement of the extended protocol that fails is answered by the error, what follows is
 * ignored until Sync, and Sync is answered by ReadyForQuery (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY). PGlite says
 * ReadyForQuery right after the error, and again at Sync: a client takes the second for the answer to its next statement.
 * @module
 */
import type { PGlite } from '@electric-sql/pglite';

const [QUERY, SYNC, ERROR, READY] = [...'QSEZ'].map((letter) => letter.charCodeAt(0)) as [number, number, number, number];
/** Of the extended protocol, apart from Sync: Parse, Bind, Describe, Execute, Close and Flush. */
const EXTENDED = new Set([...'PBDECH'].map((letter) => letter.charCodeAt(0)));

type Raw = PGlite['execProtocolRawStream'];

/** The same database for one client of a socket, whose messages come one by one. */
export function mendErrors(pglite: PGlite): PGlite {
  const stream: Raw = pglite.execProtocolRawStream.bind(pglite);
  let ignores = false;
  const mended: Raw = async (message, options) => {
    const type = message[0]!;
    if (type === SYNC || type === QUERY) ignores = false;
    if (!EXTENDED.has(type)) return stream(message, options);
    if (ignores) return;
    const filter = new ReadyFilter();
    await stream(message, {
      ...options,
      onRawData: (data) => {
        const kept = Buffer.concat([...filter.pieces(data)]);
        if (kept.length > 0) options.onRawData(kept);
      },
    });
    ignores = filter.failed;
  };
  return new Proxy(pglite, {
    get: (target, name) => {
      if (name === 'execProtocolRawStream') return mended;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Type and length; the length counts itself, and not the type. */
const HEADER = 5;

/** Takes the messages that say ReadyForQuery out of a stream, whose pieces end anywhere. */
class ReadyFilter {
  failed = false;
  private header = Buffer.alloc(0);
  private left = 0;
  private isReady = false;

  *pieces(data: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < data.length;) {
      if (this.left === 0) {
        const missing = HEADER - this.header.length;
        this.header = Buffer.concat([this.header, data.subarray(at, at + missing)]);
        at = Math.min(data.length, at + missing);
        if (this.header.length < HEADER) return;
        this.isReady = this.header[0] === READY;
        this.failed ||= this.header[0] === ERROR;
        this.left = this.header.readUInt32BE(1) - (HEADER - 1);
        if (!this.isReady) yield this.header;
        this.header = Buffer.alloc(0);
      }
      const end = Math.min(data.length, at + this.left);
      if (!this.isReady && end > at) yield data.subarray(at, end);
      this.left -= end - at;
      at = end;
    }
  }
}
