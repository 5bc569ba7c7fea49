/** Arrays of numbers from NumPy's .npz archives (`numpy.savez`). @module */
import { buffer } from 'node:stream/consumers';
import { parse, type NpyArray } from 'npyjs';
import { openPromise, type Entry } from 'yauzl';
import { ComputeError } from '../errors.js';

export interface NumericArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array | Float32Array | Float64Array;
}

/** Of a .npy file beside its values. */
const HEADER_BYTES = 65_536;

/**
 * @param name of the array; may be left out where the archive has one only. @param maximumBytes of its values.
 * @returns bytes as they are, numbers of 16 to 64 bits as floating point, in C order.
 * @throws ComputeError INVALID_IMAGES or LIMIT_EXCEEDED.
 */
export async function readNpz(file: string, name: string | undefined, maximumBytes: number): Promise<NumericArray> {
  try {
    const zip = await openPromise(file, { lazyEntries: true, autoClose: false });
    try {
      const entries = new Map<string, Entry>();
      for await (const entry of zip.eachEntry()) entries.set(entry.fileName.replace(/\.npy$/, ''), entry);
      const entry = chosen(entries, name);
      if (entry.uncompressedSize > maximumBytes + HEADER_BYTES) {
        throw new ComputeError('LIMIT_EXCEEDED', `The array has ${entry.uncompressedSize} bytes; ${maximumBytes} are what fits here.`, [
          'array',
        ]);
      }
      // The stream fails where the entry turns out larger than its header says.
      const bytes = await buffer(await zip.openReadStreamPromise(entry));
      return numeric(parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer));
    } finally {
      zip.close();
    }
  } catch (error) {
    if (error instanceof ComputeError) throw error;
    throw invalid(`The upload is no .npz archive of numpy.savez: ${(error as Error).message}.`);
  }
}

function chosen(entries: ReadonlyMap<string, Entry>, name: string | undefined): Entry {
  const names = [...entries.keys()].sort();
  const entry = entries.get(name ?? (names.length === 1 ? names[0]! : ''));
  if (entry) return entry;
  const known = names.length === 0 ? 'It has none.' : `It has: ${names.slice(0, 20).join(', ')}.`;
  throw invalid(
    name === undefined ? `Say which array of the archive holds the images. ${known}` : `The archive has no array "${name}". ${known}`,
  );
}

function numeric({ data, shape, dtype, fortranOrder }: NpyArray): NumericArray {
  if (fortranOrder) throw invalid('The array is in Fortran order. Save numpy.ascontiguousarray of it.');
  if (!(data instanceof Uint8Array || data instanceof Float32Array || data instanceof Float64Array)) {
    throw invalid(`The array is of type ${dtype}. Save uint8, or float16, float32 or float64 from 0 to 1.`);
  }
  const size = shape.reduce((product, length) => product * length, 1);
  if (data.length !== size) throw invalid(`The array of shape (${shape.join(', ')}) should have ${size} values and has ${data.length}.`);
  return { shape, data };
}

const invalid = (message: string) => new ComputeError('INVALID_IMAGES', message, ['array']);
