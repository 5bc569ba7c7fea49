/** A process that starts one that computes, to be killed. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openSandbox, type SandboxName } from '../../src/compute/process/sandbox.js';
import { createCompute } from '../../src/compute/host/index.js';

/** @returns also the number of the process that computes. */
export async function startParent(sandbox: SandboxName): Promise<{ parent: ChildProcess; pid: number }> {
  const parent = fork(fileURLToPath(import.meta.url), ['--start', sandbox], { execArgv: [] });
  const [pid] = (await once(parent, 'message')) as [number];
  return { parent, pid };
}

if (process.argv[2] === '--start') {
  const sandbox = await openSandbox(process.argv[3] as SandboxName);
  const compute = await createCompute({ engine: { engine: 'eager:cpu' }, sandbox });
  process.send!((await compute.processStatus()).pid);
}
