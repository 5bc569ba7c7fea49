/** Refuses weights that no training should have left. @module */
import type { HostTensor } from '../tensors/index.js';
import { ComputeError } from '../errors.js';

/** @throws ComputeError INVALID_MODEL naming the weight. */
export function checkFinite(name: string, { data }: HostTensor): void {
  const at = (data as Float32Array).findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  throw new ComputeError(
    'INVALID_MODEL',
    `Weight ${name} holds ${data[at]} (value ${at} of ${data.length}). The training that made it diverged, or the file is damaged.`,
    ['weights', name],
  );
}
