/** Numbers as they lie in memory: a fifth of the bytes of JSON, and nothing to parse. @module */
import type { Protocol } from './types.js';

const BYTES = Float32Array.BYTES_PER_ELEMENT;

export const rawFloat32: Protocol = {
  description:
    'Sent: the images as float32, little-endian, with their shape in the header `x-tensor-shape: 32,28,28,1`. Answered: scores row by row, or labels, as float32, little-endian.',
  encode: ({ shape, data }) => {
    const bytes = new DataView(new ArrayBuffer(data.length * BYTES));
    data.forEach((value, i) => bytes.setFloat32(i * BYTES, value, true));
    return {
      headers: { 'content-type': 'application/octet-stream', accept: 'application/octet-stream', 'x-tensor-shape': shape.join(',') },
      body: new Uint8Array(bytes.buffer),
    };
  },
  decode: (body) => {
    if (body.length % BYTES !== 0) throw new Error(`it has ${body.length} bytes, which is no whole number of float32 values`);
    const bytes = new DataView(body.buffer, body.byteOffset, body.byteLength);
    return Float32Array.from({ length: body.length / BYTES }, (_, i) => bytes.getFloat32(i * BYTES, true));
  },
};
