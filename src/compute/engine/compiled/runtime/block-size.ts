import { InferenceSession, Tensor } from '../../../onnxruntime/index.js';
import { encodeModel, NCHWC } from '../onnx.js';

/**
 * Channels in a block of onnxruntime's NCHWc layout on this processor (16 with AVX-512, 8 with AVX), found by reordering one pixel; 0 where
 * this build or processor has no such layout.
 */
export async function blockSizeProbe(): Promise<number> {
  const model = encodeModel({
    nodes: [{ op: 'ReorderInput', domain: NCHWC, inputs: ['x'], outputs: ['y'], attrs: {} }],
    initializers: new Map(),
    inputs: [{ name: 'x', type: 'float32', dims: [1, 4, 1, 1] }],
    outputs: [{ name: 'y', type: 'float32' }],
  });
  try {
    const session = await InferenceSession.create(model, { logSeverityLevel: 4 });
    const { y } = await session.run({ x: new Tensor('float32', new Float32Array(4), [1, 4, 1, 1]) });
    await session.release();
    const size = y!.dims[1]!;
    return size === 8 || size === 16 ? size : 0;
  } catch {
    return 0;
  }
}
