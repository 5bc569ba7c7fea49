/** Starts a process that opens strangers' files: confined, limited, and without the server's environment. @module */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { confined, hasComputeGpu, type Reach, type Sandbox } from './sandbox.js';

export interface ProcessOptions extends Reach {
  readonly sandbox: Sandbox;
  /** Folder of its own, which becomes its TMPDIR. Whoever starts the process makes it, and removes it. */
  readonly scratch: string;
  /** Bytes of memory that it is ended at. The system refuses it more than twice as much, so that what asks for all memory at once gets none. */
  readonly maxBytes?: number;
  /** Of JavaScript's heap, in bytes. */
  readonly maxHeapBytes?: number;
  /** Of the processor's time; the system then ends it. */
  readonly maxCpuSeconds?: number;
}

/** What is set aside counts as well, used or not: onnxruntime's arenas grow by doubling, and each thread has a stack. */
const SET_ASIDE = 2;
const SPARE_BYTES = 512 * 2 ** 20;

/** What the engine's libraries are found and set by. Nothing that is secret, such as the database's address. */
const INHERITED =
  /^(PATH|NODE_ENV|LANG|TZ|LD_LIBRARY_PATH|VK_ICD_FILENAMES|GAUNTLET_TENSORFLOW_BINDING|ORT_DISABLE_TELEMETRY|(TF|CUDA|NVIDIA)_\w+)$/;

/** @param entry a module of the program. @returns the process, which talks over IPC; its standard error is a pipe. */
export function startProcess(entry: URL, options: ProcessOptions): ChildProcess {
  const { sandbox, scratch, readable, writable, maxHeapBytes } = options;
  const node = [
    process.execPath,
    ...(process.execArgv.includes('--enable-source-maps') ? ['--enable-source-maps'] : []),
    ...(maxHeapBytes === undefined ? [] : [`--max-old-space-size=${Math.floor(maxHeapBytes / 2 ** 20)}`]),
    fileURLToPath(entry),
    scratch,
  ];
  const limited = withLimits(node, options);
  const [command, ...args] = sandbox.kind === 'bubblewrap' ? confined({ readable, writable: [...writable, scratch] }, limited) : limited;
  return spawn(command!, args, {
    env: { ...inherited(), TMPDIR: scratch, HOME: scratch },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
    // Of a terminal's signals it gets none: whoever started it says when it is to end.
    detached: process.platform !== 'win32',
  });
}

function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => INHERITED.test(name)));
}

/** By the shell's `ulimit`, which every system but Windows has; the shell then becomes the process. No core is dumped: it would hold the data of others. */
function withLimits(command: readonly string[], { maxBytes = Infinity, maxCpuSeconds = Infinity }: ProcessOptions): readonly string[] {
  if (process.platform === 'win32') return command;
  const limits = [
    'ulimit -c 0',
    // The libraries of GPUs set aside more than there is.
    ...(Number.isFinite(maxBytes) && !hasComputeGpu() ? [`ulimit -d ${Math.ceil((SET_ASIDE * maxBytes + SPARE_BYTES) / 1024)}`] : []),
    ...(Number.isFinite(maxCpuSeconds) ? [`ulimit -t ${Math.ceil(maxCpuSeconds)}`] : []),
  ];
  return ['/bin/sh', '-c', `${limits.map((limit) => `${limit} 2>/dev/null`).join('; ')}; exec "$@"`, 'sh', ...command];
}
