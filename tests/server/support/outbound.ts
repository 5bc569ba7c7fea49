/** Which addresses outside this machine a process and its children connect to or send to, native libraries included. */
import { spawnSync } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

/** `address:port`. */
type Address = string;

export interface OutboundWatch {
  /** Command that the process is to be started by. */
  readonly command: readonly string[];
  /** Begins, when the process runs. */
  start(pid: number): void;
  /** When the process has ended: every address outside loopback, and every name server, wherever it is. */
  stop(): Promise<Set<Address>>;
}

/** @param file for what is traced. */
export function watchOutbound(file: string): OutboundWatch {
  const options = ['-D', '-f', '--seccomp-bpf', '-e', 'trace=connect,sendto,sendmsg,sendmmsg', '-o', file];
  const canTrace = spawnSync('strace', [...options, 'true']).status === 0;
  return canTrace ? traced(['strace', ...options], file) : polled();
}

/** Exact: every call of the system is seen. */
function traced(command: readonly string[], file: string): OutboundWatch {
  const ADDRESS = /sin6?_port=htons\((\d+)\).*?(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]+)"/g;
  return {
    command,
    start: () => undefined,
    async stop() {
      const calls = await readFile(file, 'utf8');
      return new Set([...calls.matchAll(ADDRESS)].map(([, port, address]) => `${address}:${port}`).filter(isOutbound));
    },
  };
}

const POLL_MS = 20;

/** Where there is no strace: sockets that are open at one of many moments, on Linux. A look-up or a connection takes longer than one of them. */
function polled(): OutboundWatch {
  const seen = new Set<Address>();
  const stopped = new AbortController();
  let done = Promise.resolve();
  const poll = async (pid: number) => {
    while (!stopped.signal.aborted) {
      for (const process of await withChildren(pid))
        for (const address of await connectedTo(process)) if (isOutbound(address)) seen.add(address);
      await setTimeout(POLL_MS);
    }
  };
  return {
    command: [],
    start: (pid) => void (done = poll(pid)),
    async stop() {
      stopped.abort();
      await done;
      return seen;
    },
  };
}

const isOutbound = (address: Address) => address.endsWith(':53') || !/^(127\.|::1:|::ffff:127\.)/.test(address);

async function withChildren(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')));
  const children = lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
  return [pid, ...(await Promise.all(children.map(withChildren))).flat()];
}

async function connectedTo(pid: number): Promise<Address[]> {
  const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const links = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')));
  const inodes = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.slice(1) ?? []));
  const tables = await Promise.all(
    ['tcp', 'tcp6', 'udp', 'udp6'].map((table) => readFile(`/proc/${pid}/net/${table}`, 'utf8').catch(() => '')),
  );
  return tables.flatMap((table) =>
    table
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => inodes.has(columns[9] ?? '') && !columns[2]?.endsWith(':0000'))
      .map((columns) => addressOf(columns[2]!)),
  );
}

/** @param text such as `0100007F:0035`: words of 32 bits, each the least significant byte first. */
function addressOf(text: string): Address {
  const [words = '', port = ''] = text.split(':');
  const bytes = words.match(/.{8}/g)!.flatMap((word) => word.match(/../g)!.reverse());
  const v4 = bytes
    .slice(-4)
    .map((byte) => parseInt(byte, 16))
    .join('.');
  const hex = bytes.join('').toLowerCase();
  const isV4 = bytes.length === 4;
  const prefix = /^0{20}ffff/.test(hex) ? '::ffff:' : '';
  const host = isV4 || prefix ? `${prefix}${v4}` : /^0{31}1$/.test(hex) ? '::1' : hex.match(/.{4}/g)!.join(':');
  return `${host}:${parseInt(port, 16)}`;
}
