/** Checkpoints as bytes: a magic word, the length of a JSON header, the header, and the tensors' values one after the other. @module */
import { bytesPerElement, type DType, type HostTensors, sizeOf, viewOf } from '../tensors/index.js';
import { ComputeError } from '../errors.js';
import type { Checkpoint } from './session.js';
import type { Best } from './validation.js';

const MAGIC = 'GTC1';
const STATE = 'state/';
const BEST = 'best/';

interface Header extends Omit<Checkpoint, 'state' | 'best'> {
  readonly best?: Omit<Best, 'variables'>;
  readonly tensors: readonly { readonly name: string; readonly dtype: DType; readonly shape: readonly number[] }[];
}

export function encodeCheckpoint({ state, best, ...rest }: Checkpoint): Uint8Array {
  const { variables, ...bestPoint } = best ?? { variables: {} };
  const tensors = [...named(STATE, state), ...named(BEST, variables)];
  const header: Header = {
    ...rest,
    best: best && (bestPoint as Header['best']),
    tensors: tensors.map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
  };
  const json = Buffer.from(JSON.stringify(header));
  const start = Buffer.alloc(8, MAGIC);
  start.writeUInt32LE(json.length, 4);
  const values = tensors.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return Buffer.concat([start, json, ...values]);
}

/** @throws ComputeError INTERNAL for bytes that are no checkpoint. */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const buffer = Buffer.from(bytes);
  if (buffer.length < 8 || buffer.toString('latin1', 0, 4) !== MAGIC) throw new ComputeError('INTERNAL', 'The checkpoint is damaged.');
  let offset = 8 + buffer.readUInt32LE(4);
  const { tensors, best, ...rest } = JSON.parse(buffer.toString('utf8', 8, offset)) as Header;
  const all: HostTensors = {};
  for (const { name, dtype, shape } of tensors) {
    const length = sizeOf(shape) * bytesPerElement(dtype);
    if (offset + length > buffer.length) throw new ComputeError('INTERNAL', 'The checkpoint is damaged: values are missing.');
    // A copy of its own, since views of numbers must begin at multiples of their size.
    const copy = new Uint8Array(buffer.subarray(offset, offset + length));
    all[name] = { dtype, shape, data: viewOf(dtype, copy.buffer, 0, sizeOf(shape)) };
    offset += length;
  }
  return { ...rest, state: pick(all, STATE), best: best && { ...best, variables: pick(all, BEST) } };
}

function named(prefix: string, tensors: HostTensors) {
  return Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor] as const);
}

function pick(tensors: HostTensors, prefix: string): HostTensors {
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [])),
  );
}
