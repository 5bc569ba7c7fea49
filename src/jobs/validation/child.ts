/** Entry of the validation process: unpacks or builds one model, imports it, runs it forward and backward, says what it found, and ends. @module */
import { writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { toPlainError } from '../../compute/errors.js';
import type { ModelCard } from '../../compute/models/types.js';
import { ArchiveError, extractArchive } from '../../storage/archive/index.js';
import type { ValidationRequest, Verdict } from './messages.js';

/** A server that was killed leaves nobody to end this process: a thread of its own looks for its parent, since the main one may hang. */
const END_WITH_PARENT = `const parent = process.ppid;
setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGKILL'), 1000);`;

new Worker(END_WITH_PARENT, { eval: true }).unref();
try {
  // Where memory runs out for the whole machine, Linux is to end this process first.
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // Another system.
}

process.once('message', (request: ValidationRequest) => {
  void judge(request).then((verdict) => process.send!(verdict, () => process.exit()));
});

async function judge(request: ValidationRequest): Promise<Verdict> {
  try {
    return { card: await inspect(request) } as Verdict;
  } catch (error) {
    const { code, message } = error instanceof ArchiveError ? error : toPlainError(error);
    return { refusal: { code, message } };
  }
}

async function inspect({ source, directory, format, spec, access, engine, remote }: ValidationRequest): Promise<ModelCard> {
  if ('archive' in source) await extractArchive(source.archive, directory, source.limits);
  // TensorFlow.js takes most of a second to load, which an archive that is none need not wait for.
  const { ComputeService } = await import('../../compute/host/service.js');
  const compute = new ComputeService({ engine, remote });
  if ('architecture' in source) return compute.buildModel(source.architecture, directory);
  return compute.inspectModel('endpoint' in source ? { ...source, spec: spec ?? {} } : { format, directory, spec, access });
}
