/** Selection rows of tensors. @module */
import type { HostTensor } from './types.js';

/** Rows of a tensor, copied in the order of their indices. */
export function gather({ dtype, shape, data }: HostTensor, indices: Int32Array): HostTensor {
  const row = shape.slice(1).reduce((product, size) => product * size, 1);
  const gathered = data.slice(0, indices.length * row);
  indices.forEach((from, to) => gathered.set(data.subarray(from * row, (from + 1) * row), to * row));
  return { dtype, shape: [indices.length, ...shape.slice(1)], data: gathered };
}

/** Rows of several tensors. */
export function gatherAll<Names extends string>(tensors: Readonly<Record<Names, HostTensor>>, rows: Int32Array): Record<Names, HostTensor> {
  const gathered: Record<Names, HostTensor> = { ...tensors };
  for (const name in gathered) gathered[name] = gather(tensors[name], rows);
  return gathered;
}
