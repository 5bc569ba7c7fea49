/** Hashes that identify models. @module */
import { createHash } from 'node:crypto';
import type { HostTensors } from '../tensors/index.js';

/** SHA-256 of names, types, shapes and values, whatever the order of the names. */
export function fingerprintOf(variables: HostTensors, ...descriptions: readonly unknown[]): string {
  const hash = createHash('sha256').update(canonicalJson(descriptions));
  for (const name of Object.keys(variables).sort()) {
    const { dtype, shape, data } = variables[name]!;
    hash.update(JSON.stringify([name, dtype, shape])).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

/** JSON with the keys of every object in order, and with the numbers for which JSON has only null. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, nested: unknown) => {
    if (typeof nested === 'number' && !Number.isFinite(nested)) return { number: String(nested) };
    if (nested === null || typeof nested !== 'object' || Array.isArray(nested)) return nested;
    return Object.fromEntries(Object.entries(nested).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
