/** Which other machines a process, its threads and its children send to, native libraries included: `strace` sees every call of the system. */
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';

export interface OutboundTrace {
  /** Command that the process is to be started by. It stays the child of whoever starts it. */
  readonly command: readonly string[];
  /** `address:port` of all that it sent to outside loopback, and of name servers wherever they are; complete when the process has ended. */
  addresses(): Promise<string[]>;
}

/** @param file that the calls are written to. @returns undefined where there is no strace, or it may not trace. */
export function traceOutbound(file: string): OutboundTrace | undefined {
  const command = ['strace', '-D', '-f', '--seccomp-bpf', '-e', 'trace=connect,sendto,sendmsg,sendmmsg', '-o', file];
  if (spawnSync(command[0]!, [...command.slice(1), 'true']).status !== 0) return undefined;
  return {
    command,
    async addresses() {
      const calls = (await readFile(file, 'utf8')).matchAll(ADDRESS);
      return [...new Set([...calls].map(([, port, address]) => `${address}:${port}`).filter(isOutbound))];
    },
  };
}

/** As in `sin_port=htons(53), sin_addr=inet_addr("10.0.0.1")` and `sin6_port=htons(53), …, inet_pton(AF_INET6, "::1", …)`. */
const ADDRESS = /sin6?_port=htons\((\d+)\).*?(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]+)"/g;

const isOutbound = (address: string) => address.endsWith(':53') || !/^(127\.|::1:|::ffff:127\.)/.test(address);
