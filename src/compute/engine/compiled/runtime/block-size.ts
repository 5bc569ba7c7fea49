import type { HostTensor } from '../../../tensors/index.js';
import { encodeModel, NCHWC } from '../onnx.js';
import { SessionWorker } from './session-worker.js';

let known: Promise<number> | undefined;

/**
 * Channels in a block of onnxruntime's NCHWc layout on this processor (16 with AVX-512, 8 with AVX), found by reordering one pixel, once in a process; 0 where
 * this build or processor has no such layout.
 * @param worker asks onnxruntime; an idle one does not keep the process alive.
 */
export function blockSize(worker = new SessionWorker()): Promise<number> {
  return (known ??= probe(worker));
}

async function probe(worker: SessionWorker): Promise<number> {
  const model = encodeModel({
    nodes: [{ op: 'ReorderInput', domain: NCHWC, inputs: ['x'], outputs: ['y'], attrs: {} }],
    initializers: new Map(),
    inputs: [{ name: 'x', type: 'float32', dims: [1, 4, 1, 1] }],
    outputs: [{ name: 'y', type: 'float32' }],
  });
  const input: HostTensor = { dtype: 'float32', shape: [1, 4, 1, 1], data: new Float32Array(4) };
  try {
    const { shape } = await worker.call('probe', { model, input });
    return shape[1] === 8 || shape[1] === 16 ? shape[1] : 0;
  } catch {
    return 0;
  }
}
