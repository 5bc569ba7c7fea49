/** The thread of the embedded database: PGlite behind a Unix socket, so that what it computes holds up no request. @module */
import { parentPort, workerData } from 'node:worker_threads';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { collectGarbage } from '../../compute/memory/index.js';
import { openPglite } from './pglite.js';
import { mendErrors } from './until-sync.js';

export interface ThreadData {
  readonly directory: string;
  readonly cacheDirectory: string;
  /** Of the socket. */
  readonly path: string;
}

const { directory, cacheDirectory, path } = workerData as ThreadData;
const pglite = await openPglite(directory, cacheDirectory);
// A new database was unpacked, and nobody else has this thread look for garbage.
collectGarbage();
// One client at a time: PGlite has one session. Where its connection breaks, the next may come before that is noticed.
const server = new PGLiteSocketServer({ db: mendErrors(pglite), path, maxConnections: 2 });
await server.start();
// The only thing that is ever said to it: the database is to close.
parentPort!.once('message', () => {
  void server
    .stop()
    .then(() => pglite.close())
    .finally(() => parentPort!.close());
});
parentPort!.postMessage('ready');
