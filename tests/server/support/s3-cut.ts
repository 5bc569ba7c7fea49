/** A way to the S3 server under test that can be cut off. */
import { createServer, connect, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface CutWay {
  /** For AWS_ENDPOINT_URL_S3. */
  readonly url: string;
  /** From now on breaks every connection, those that are open once so many more bytes have come through in either direction; new ones at once. */
  cut(afterBytes?: number): void;
  restore(): void;
  close(): Promise<void>;
}

export async function openCutWay(target = process.env.AWS_ENDPOINT_URL_S3!): Promise<CutWay> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  /** Bytes that still come through; undefined: all. */
  let left: number | undefined;
  const breakAll = () => sockets.forEach((socket) => socket.resetAndDestroy());
  const server = createServer((client) => {
    if (left === 0) return void client.resetAndDestroy();
    const upstream = connect(Number(port), hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk: Buffer) => {
        if (left !== undefined) {
          left = Math.max(0, left - chunk.length);
          if (left === 0) return breakAll();
        }
        if (!to.write(chunk)) from.pause();
      });
      to.on('drain', () => from.resume());
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut(afterBytes = 0) {
      left = afterBytes;
      if (left === 0) breakAll();
    },
    restore: () => void (left = undefined),
    close: () => {
      breakAll();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Runs `open` with the way in place of the server's own address, as the SDK reads it. */
export async function throughWay<Result>(way: CutWay, open: () => Promise<Result>): Promise<Result> {
  const direct = process.env.AWS_ENDPOINT_URL_S3;
  process.env.AWS_ENDPOINT_URL_S3 = way.url;
  try {
    return await open();
  } finally {
    process.env.AWS_ENDPOINT_URL_S3 = direct;
  }
}
