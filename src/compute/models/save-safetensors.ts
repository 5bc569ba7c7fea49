/** Weights as a safetensors file (github.com/huggingface/safetensors): the length of a JSON header, the header, and the values one after the other. @module */
import type { HostTensors } from '../tensors/index.js';

/** The header is padded with spaces, so that values are aligned. */
const ALIGNMENT = 8;

/** Weights of float32 under their names, in the order of the names. */
export function safetensorsFile(variables: HostTensors): Uint8Array {
  const entries = Object.entries(variables).sort(([a], [b]) => (a < b ? -1 : 1));
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let end = 0;
  for (const [name, { shape, data }] of entries) {
    const start = end;
    end += Float32Array.BYTES_PER_ELEMENT * data.length;
    header[name] = { dtype: 'F32', shape, data_offsets: [start, end] };
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  const file = Buffer.alloc(ALIGNMENT + length + end, ' ');
  file.writeBigUInt64LE(BigInt(length));
  text.copy(file, ALIGNMENT);
  let at = ALIGNMENT + length;
  for (const [, { data }] of entries) {
    const values = Float32Array.from(data);
    file.set(new Uint8Array(values.buffer), at);
    at += values.byteLength;
  }
  return file;
}
