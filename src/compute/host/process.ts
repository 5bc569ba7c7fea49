/** Entry of the process that computes: answers calls with a ComputeService, several at a time. @module */
import { beExpendable, type Channel, fileParcels, openChannel, processPort } from '../channel/index.js';
import { ComputeError } from '../errors.js';
import { ComputeService } from './service.js';
import type { ChildFunctions, ParentFunctions } from './functions.js';

beExpendable();

/** Between two messages about one call. */
const PROGRESS_MS = 250;

const scratch = process.argv[2]!;
let service: ComputeService | undefined;

const parent: Channel<ParentFunctions> = openChannel<ParentFunctions, ChildFunctions>(
  processPort(process),
  {
    start([{ engine, ...options }]) {
      service = new ComputeService({
        ...options,
        engine: { ...engine, log: (level, message) => parent.notify('log', [level, message]) },
        readStored: (...range) => parent.call('readStored', range),
        callEndpoint: (endpoint, message, signal) => parent.call('callEndpoint', [endpoint, message], { signal }),
      });
    },
    compute([method, args], signal, report) {
      const call = service![method].bind(service) as (...args: unknown[]) => Promise<unknown>;
      return call(...args, signal, atIntervals(report));
    },
    close,
  },
  fileParcels(scratch),
);

let closing = false;

/** What runs is interrupted; onnxruntime ends the run that it is in. */
function close(): void {
  if (closing) return;
  closing = true;
  parent.close(new ComputeError('CANCELLED', 'Computing was closed.'));
  void Promise.resolve(service?.close()).finally(() => process.exit());
}

process.on('SIGTERM', close);

function atIntervals(report: (progress: unknown) => void): (progress: unknown) => void {
  let last = -Infinity;
  return (progress) => {
    const now = performance.now();
    if (now - last < PROGRESS_MS) return;
    last = now;
    report(progress);
  };
}
