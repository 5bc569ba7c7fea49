/** Calls over a port: what each side promises, whatever the other does. */
import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { type Handlers, openChannel, threadPort } from '../../src/compute/channel/index.js';
import { ComputeError } from '../../src/compute/errors.js';
import { failure } from './fixtures.js';

interface Functions {
  climb(): string;
  double(x: number): number;
  fail(): never;
  wait(): string;
  unsendable(): unknown;
}

const aborted: string[] = [];
const handlers: Handlers<Functions> = {
  climb: (_args, _signal, report) => {
    for (const step of [1, 2]) report(step);
    return 'there';
  },
  double: ([x]) => 2 * x,
  fail: () => {
    throw new ComputeError('LIMIT_EXCEEDED', 'Too much.', ['x']);
  },
  wait: (_args, signal) =>
    new Promise((_resolve, reject) =>
      signal.addEventListener('abort', () => {
        aborted.push('aborted');
        reject(new ComputeError('CANCELLED', 'Stopped.'));
      }),
    ),
  unsendable: () => () => undefined,
};

const ports: MessageChannel[] = [];
function open() {
  const pair = new MessageChannel();
  ports.push(pair);
  return {
    caller: openChannel<Functions>(threadPort(pair.port1), {}),
    answerer: openChannel<object, Functions>(threadPort(pair.port2), handlers),
    raw: pair.port1,
  };
}
afterEach(() => {
  for (const { port1, port2 } of ports.splice(0)) for (const port of [port1, port2]) port.close();
  aborted.length = 0;
});

describe('a call', () => {
  it('is answered, by a value or by an error with its code and path', async () => {
    const { caller } = open();
    expect(await caller.call('double', [21])).toBe(42);
    expect(await failure(caller.call('fail', []))).toMatchObject({
      name: 'ComputeError',
      code: 'LIMIT_EXCEEDED',
      message: 'Too much.',
      path: ['x'],
    });
  });

  it('says when the other side has begun', async () => {
    let begun = 0;
    const { caller } = open();
    await caller.call('double', [1], { onBegin: () => begun++ });
    expect(begun).toBe(1);
  });

  it('says how far it is, to whoever wants to know', async () => {
    const steps: number[] = [];
    const { caller } = open();
    expect(await caller.call('climb', [], { onProgress: (step: number) => steps.push(step) })).toBe('there');
    expect(steps).toEqual([1, 2]);
    expect(await caller.call('climb', [])).toBe('there');
  });

  it('is cancelled on the other side when its signal aborts, and not made where that has aborted before', async () => {
    const { caller } = open();
    const controller = new AbortController();
    const waiting = failure(caller.call('wait', [], { signal: controller.signal, onBegin: () => controller.abort() }));
    expect(await waiting).toMatchObject({ code: 'CANCELLED', message: 'Stopped.' });
    expect(aborted).toHaveLength(1);
    expect(await failure(caller.call('double', [1], { signal: AbortSignal.abort() }))).toMatchObject({ code: 'CANCELLED' });
  });

  it('is rejected where it cannot be sent, where its answer cannot, and where there is no such function', async () => {
    const { caller } = open();
    expect(((await failure(caller.call('double', [(() => 1) as never]))) as Error).message).toContain('could not be cloned');
    expect(((await failure(caller.call('unsendable', []))) as Error).message).toContain('could not be cloned');
    for (const name of ['nothing', 'constructor', 'toString'])
      expect(await failure(caller.call(name as 'double', [1]))).toMatchObject({
        code: 'INTERNAL',
        message: `There is nothing called ${name} to call.`,
      });
    expect(await caller.call('double', [2])).toBe(4);
  });
});

describe('a closed channel', () => {
  it('rejects what is under way and what comes, with the error that it was closed with, and aborts what the other side asked for', async () => {
    const { caller, answerer } = open();
    let begin = () => {};
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const waiting = failure(caller.call('wait', [], { onBegin: begin }));
    await begun;
    const error = new ComputeError('INTERNAL', 'The thread ended.');
    answerer.close(new ComputeError('CANCELLED', 'Closed.'));
    expect(aborted).toHaveLength(1);
    caller.close(error);
    expect(await waiting).toBe(error);
    expect(await failure(caller.call('double', [1]))).toBe(error);
  });
});

it('messages that are none are passed over', async () => {
  const { caller, raw } = open();
  for (const message of [
    null,
    1,
    'x',
    {},
    { t: 'q', m: 'constructor', a: [] },
    { t: 'q', m: 'call', a: 3 },
    { t: 's', i: 'x', e: 5 },
    { t: 's', i: 1 },
  ])
    raw.postMessage(message);
  expect(await caller.call('double', [3])).toBe(6);
});
