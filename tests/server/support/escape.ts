/** Entry of a confined process that tries to get out, in the ways that it is asked to. */
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { connect, type NetConnectOpts } from 'node:net';
import { lookup } from 'node:dns/promises';
import { beExpendable, fileParcels, openChannel, processPort } from '../../../src/compute/channel/index.js';

/** What it found, or the code of the error. */
export type Attempt = { readonly found: unknown } | { readonly refused: string };

const ATTEMPTS = {
  read: async (path: string) => (await readFile(path)).length,
  list: (path: string) => readdir(path),
  write: (path: string) => writeFile(path, 'written by a stranger'),
  /** Answers with an array that it does not have. */
  smuggle: async (path: string) => {
    await symlink(path, `${process.argv[2]}/link.parcel`);
    return { parcel: 'link.parcel', type: 'Uint8Array' };
  },
  connect: (address: string) => {
    const [host, port] = address.split(':');
    const target: NetConnectOpts = address.startsWith('/') ? { path: address } : { host, port: Number(port) };
    return new Promise((resolve, reject) => {
      const socket = connect({ ...target, timeout: 5000 });
      socket.once('connect', () => resolve('connected'));
      socket.once('error', reject);
      socket.once('timeout', () => reject(Object.assign(new Error(), { code: 'ETIMEDOUT' })));
    });
  },
  resolve: (name: string) => lookup(name),
  processes: async () => (await readdir('/proc')).filter((name) => /^\d+$/.test(name)),
  kill: (pid: string) => process.kill(Number(pid), 'SIGKILL'),
  environment: () => Object.keys(process.env),
  allocate: (bytes: string) => new Uint8Array(Number(bytes)).fill(1).length,
} satisfies Record<string, (argument: string) => unknown>;

export interface EscapeFunctions {
  attempt(what: keyof typeof ATTEMPTS, argument?: string): Attempt;
}

beExpendable();
openChannel<object, EscapeFunctions>(
  processPort(process),
  {
    async attempt([what, argument = '']) {
      try {
        return { found: await ATTEMPTS[what](argument) };
      } catch (error) {
        return { refused: (error as NodeJS.ErrnoException).code ?? (error as Error).message };
      }
    },
  },
  fileParcels(process.argv[2]!),
);
