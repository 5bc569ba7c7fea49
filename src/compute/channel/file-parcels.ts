/** Large arrays between processes by way of files, which neither side's event loop waits for; through a pipe, 38 MiB would hold it up for 100 ms. @module */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ComputeError } from '../errors.js';
import type { Parcels } from './channel.js';

/** Bytes from which on a file is faster than a message. */
const LARGE = 2 ** 20;

/** Values are a few levels deep: requests, results and their arrays. */
const DEEPEST = 6;

const ARRAYS = { Uint8Array, Int8Array, Uint8ClampedArray, Uint16Array, Int16Array, Uint32Array, Int32Array, Float32Array, Float64Array };

/** Stands in a message for an array that is in a file. */
interface Parcel {
  readonly parcel: string;
  readonly type: keyof typeof ARRAYS;
}

/**
 * @param directory that both sides can read and write. The other side may be a stranger's: what it names is opened there and nowhere else, and is no link.
 * A file is removed by whoever has read it.
 */
export function fileParcels(directory: string): Parcels {
  return {
    pack: (value) =>
      mapLarge(value, async (array) => {
        const parcel = `${randomUUID()}.parcel`;
        await writeFile(join(directory, parcel), array);
        const type = array.constructor.name === 'Buffer' ? 'Uint8Array' : array.constructor.name;
        return { parcel, type } as Parcel;
      }),
    unpack: (value) => mapParcels(value, (parcel) => read(directory, parcel)),
  };
}

async function read(directory: string, { parcel, type }: Parcel): Promise<ArrayBufferView> {
  const path = join(directory, basename(parcel));
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    const TypedArray = Object.hasOwn(ARRAYS, type) ? ARRAYS[type] : undefined;
    if (!found.isFile() || !TypedArray || found.size % TypedArray.BYTES_PER_ELEMENT !== 0)
      throw new ComputeError('INTERNAL', 'The computing process answered with something that is no array.');
    const bytes = new Uint8Array(found.size);
    for (let from = 0; from < bytes.length;) {
      const { bytesRead } = await file.read(bytes, from, Math.min(bytes.length - from, 2 ** 30));
      if (bytesRead === 0) throw new ComputeError('INTERNAL', 'The computing process answered with an array that is cut off.');
      from += bytesRead;
    }
    return TypedArray === Uint8Array ? bytes : new TypedArray(bytes.buffer);
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}

const isParcel = (value: object): value is Parcel => 'parcel' in value && typeof value.parcel === 'string';

const mapLarge = (value: unknown, replace: (array: Uint8Array) => Promise<unknown>) =>
  map(value, DEEPEST, (inner) =>
    ArrayBuffer.isView(inner) && !(inner instanceof DataView) && inner.byteLength >= LARGE ? replace(inner as Uint8Array) : undefined,
  );

const mapParcels = (value: unknown, replace: (parcel: Parcel) => Promise<unknown>) =>
  map(value, DEEPEST, (inner) => (isParcel(inner) ? replace(inner) : undefined));

/** The value itself where nothing in it is replaced. @param replace undefined: look inside. */
async function map(value: unknown, depth: number, replace: (inner: object) => Promise<unknown> | undefined): Promise<unknown> {
  if (typeof value !== 'object' || value === null) return value;
  const replaced = replace(value);
  if (replaced) return replaced;
  if (depth === 0 || !isPlain(value)) return value;
  // Of a long list of numbers, none is large.
  if (Array.isArray(value) && typeof value[0] !== 'object') return value;
  const entries = await Promise.all(
    Object.entries(value).map(async ([key, inner]) => [key, inner, await map(inner, depth - 1, replace)] as const),
  );
  if (entries.every(([, before, after]) => before === after)) return value;
  return Array.isArray(value) ? entries.map(([, , after]) => after) : Object.fromEntries(entries.map(([key, , after]) => [key, after]));
}

const isPlain = (value: object) => Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value) as never);
