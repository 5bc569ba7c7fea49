/**
 * What a process that opens strangers' files may reach. With bubblewrap (Linux): no network, no other processes, of files the program, what it was given to read,
 * and a folder of its own to write. Without: the same account as the server's, but none of its environment.
 * @module
 */
import { execFile } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ComputeError } from '../errors.js';

/** What is asked for: `auto` takes bubblewrap where it works. */
export const SANDBOXES = ['auto', 'bubblewrap', 'none'] as const;
export type SandboxName = (typeof SANDBOXES)[number];

/** What there is. */
export interface Sandbox {
  readonly kind: 'bubblewrap' | 'none';
  /** For the log: its version, or why there is none. */
  readonly description: string;
}

export const NO_SANDBOX: Sandbox = { kind: 'none', description: 'none' };

/** Files that a confined process may use, beside the program and the system's libraries. What is not there is left out. */
export interface Reach {
  readonly readable: readonly string[];
  readonly writable: readonly string[];
}

/** Finds out what works here. @throws ComputeError SANDBOX_UNAVAILABLE where bubblewrap is asked for by name and does not work. */
export async function openSandbox(name: SandboxName): Promise<Sandbox> {
  if (name === 'none') return { kind: 'none', description: 'none, as configured' };
  try {
    const { stdout } = await promisify(execFile)('bwrap', ['--version']);
    // The same namespaces and mounts as later: where one is forbidden, as in many containers, so is this.
    const [command, ...args] = confined({ readable: [], writable: [] }, [process.execPath, '--version']);
    await promisify(execFile)(command!, args, { env: { PATH: process.env['PATH'] }, timeout: 10_000 });
    return { kind: 'bubblewrap', description: stdout.trim() };
  } catch (error) {
    const { code, stderr, message } = error as Error & { code?: string; stderr?: string };
    const reason =
      process.platform !== 'linux'
        ? 'there is bubblewrap for Linux alone'
        : code === 'ENOENT'
          ? 'bwrap is not installed'
          : `bwrap fails: ${(stderr || message).trim()}`;
    if (name === 'auto') return { kind: 'none', description: `none: ${reason}` };
    throw new ComputeError(
      'SANDBOX_UNAVAILABLE',
      `The sandbox bubblewrap cannot be used: ${reason}. Install Debian's package bubblewrap, allow user namespaces, or set GAUNTLET_SANDBOX to none.`,
      ['GAUNTLET_SANDBOX'],
    );
  }
}

/** The command line that runs `command` in a sandbox of bubblewrap. */
export function confined({ readable, writable }: Reach, command: readonly string[]): readonly string[] {
  return [
    'bwrap',
    // User, processes, network, host name and interprocess communication are its own.
    ...['--unshare-all', '--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--hostname', 'sandbox'],
    ...['--ro-bind', '/usr', '/usr'],
    ...['/bin', '/lib', '/lib32', '/lib64'].flatMap(rootFolder),
    ...['/etc/ld.so.cache', '/etc/ld.so.conf', '/etc/ld.so.conf.d', '/etc/localtime', '/etc/alternatives'].flatMap(readOnly),
    ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
    // By which libraries find out what the processor can do.
    ...readOnly('/sys/devices/system/cpu'),
    ...[...PROGRAM, ...libraryFolders(), ...readable].flatMap(readOnly),
    ...graphicsDevices(),
    ...writable.flatMap((path) => ['--bind', path, path]),
    ...['--chdir', '/', '--'],
    ...command,
  ];
}

const PACKAGE = packageRoot(dirname(fileURLToPath(import.meta.url)));

/** Not the whole folder, in which the data of the server may be. */
const PROGRAM = [
  process.execPath,
  ...['package.json', 'dist', 'node_modules', 'assets', 'assembly'].map((name) => join(PACKAGE, name)),
  ...installedIn(PACKAGE),
];

/** The `node_modules` that a published package is installed in, with what it depends on. */
function installedIn(folder: string): string[] {
  const at = folder.lastIndexOf(`${sep}node_modules${sep}`);
  return at < 0 ? [] : [join(folder.slice(0, at), 'node_modules')];
}

function packageRoot(directory: string): string {
  return existsSync(join(directory, 'package.json')) ? directory : packageRoot(dirname(directory));
}

const readOnly = (path: string) => {
  if (!existsSync(path)) return [];
  // By the name that it is asked for, and what that name stands for.
  const real = realpathSync(path);
  return ['--ro-bind', real, path, ...(real === path ? [] : ['--ro-bind', real, real])];
};

/** On most systems a link into /usr. */
function rootFolder(path: string): string[] {
  if (!existsSync(path)) return [];
  return lstatSync(path).isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path];
}

/** Where the environment says that libraries are. */
function libraryFolders(): string[] {
  const { LD_LIBRARY_PATH = '', GAUNTLET_TENSORFLOW_BINDING: binding } = process.env;
  return [...LD_LIBRARY_PATH.split(delimiter).filter(Boolean), ...(binding ? [dirname(binding)] : [])];
}

const deviceNodes = (names: RegExp) => (process.platform === 'linux' ? readdirSync('/dev').filter((name) => names.test(name)) : []);

/** Whether there is a GPU whose driver sets aside more memory than there is. */
export const hasComputeGpu = () => deviceNodes(/^(nvidiactl|kfd)$/).length > 0;

/** Nodes of NVIDIA's and other drivers, with what the drivers read of the devices. */
function graphicsDevices(): string[] {
  const nodes = deviceNodes(/^(nvidia|dri$|kfd$)/);
  if (nodes.length === 0) return [];
  return [...nodes.flatMap((name) => ['--dev-bind-try', `/dev/${name}`, `/dev/${name}`]), ...readOnly('/sys')];
}
