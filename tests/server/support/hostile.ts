/** Entry of a validation process that misbehaves as the first class name of the spec says, and otherwise is the real one. */
import { type Channel, fileParcels, openChannel, processPort } from '../../../src/compute/channel/index.js';
import type { ServerFunctions, ValidationFunctions } from '../../../src/jobs/model/messages.js';
import { computeCalling, validateModel } from '../../../src/jobs/model/validate-model.js';

const kept: unknown[] = [];

const behaviours: Readonly<Record<string, () => unknown>> = {
  hang: () => {
    for (;;);
  },
  'fill the heap': () => {
    for (;;) kept.push(new Array(1000).fill(Math.random()));
  },
  'fill native memory': () => {
    // Not so fast that the machine runs out of it before the server looks.
    const pause = new Int32Array(new SharedArrayBuffer(4));
    for (;;) {
      kept.push(Buffer.alloc(2 ** 22, 1));
      Atomics.wait(pause, 0, 0, 10);
    }
  },
  abort: () => process.abort(),
  exit: () => process.exit(3),
  'return an invalid verdict': () => ({ card: { parameterCount: 'many' } }),
};

const server: Channel<ServerFunctions> = openChannel<ServerFunctions, ValidationFunctions>(
  processPort(process),
  {
    validate: ([request]) => {
      const behaviour = behaviours[request.spec?.classNames?.[0] ?? ''];
      if (behaviour) return behaviour() as never;
      return validateModel(
        request,
        computeCalling((endpoint, message) => server.call('callEndpoint', [endpoint, message])),
      );
    },
  },
  fileParcels(process.argv[2]!),
);
