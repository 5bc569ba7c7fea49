/** Entry of a validation process that misbehaves as the first class name of the spec says, and otherwise is the real one. */
import type { ValidationRequest } from '../../../src/jobs/model/messages.js';

const kept: unknown[] = [];

const behaviours: Readonly<Record<string, () => void>> = {
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
  'return an invalid verdict': () => void process.send!({ card: { parameterCount: 'many' } }),
};

process.once('message', (request: ValidationRequest) => {
  const behaviour = behaviours[request.spec?.classNames?.[0] ?? ''];
  if (behaviour) return behaviour();
  void import('../../../src/jobs/model/child.js').then(() => process.emit('message', request, undefined));
});
