/** A process that starts one that computes, to be killed. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createCompute } from '../../src/compute/host/index.js';

/** @returns also the number of the process that computes. */
export async function startParent(): Promise<{ parent: ChildProcess; pid: number }> {
  const parent = fork(fileURLToPath(import.meta.url), ['--start'], { execArgv: [] });
  const [pid] = (await once(parent, 'message')) as [number];
  return { parent, pid };
}

if (process.argv[2] === '--start') {
  const compute = await createCompute({ engine: { engine: 'eager:cpu' } });
  process.send!((await compute.processStatus()).pid);
}
