/** Entry of the validation process, which validates one model and ends. @module */
import { writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { validateModel } from './validate-model.js';
import type { ValidationRequest } from './messages.js';

/** Nothing ends this process when the server was killed: so a separate thread checks that the parent is alive, since the main thread may hang. */
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
  void validateModel(request).then((verdict) => process.send!(verdict, () => process.exit()));
});
