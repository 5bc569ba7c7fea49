/** The gradients of resizing by the centres of pixels, whose attribute the package does not hand on. @module */
import { tf } from '../../tensorflow.js';
import type { Attributes, Lowering, LoweringTable } from './lowering.js';

/** What resizing does to an axis, as a matrix `[after, before]`: the columns are the resized axes of the identity. */
function matrixOf(kernelName: string, before: number, after: number, attributes: Attributes): tf.Tensor2D {
  const images = tf.reshape(tf.eye(before), [1, before, before, 1]);
  const resized: tf.Tensor = tf.engine().runKernel(kernelName, { images }, { ...attributes, size: [after, before] } as tf.NamedAttrMap);
  return tf.reshape(resized, [after, before]);
}

/** Resizing multiplies rows and columns by matrices, and its gradient by their transposes. */
const byMatrices =
  (kernelName: string): Lowering =>
  (inputs, attributes, own) => {
    const { alignCorners, halfPixelCenters } = attributes;
    if (!halfPixelCenters) return own(inputs, attributes);
    const { dy, images } = inputs as { dy: tf.Tensor4D; images: tf.Tensor4D };
    const [batch, height, width, channels] = images.shape;
    const [, outHeight, outWidth] = dy.shape;
    const along = (slopes: tf.Tensor, before: number, after: number) =>
      tf.matMul(
        matrixOf(kernelName, before, after, { alignCorners, halfPixelCenters }),
        tf.reshape(slopes, [after, -1]) as tf.Tensor2D,
        true,
      );
    const rows = along(tf.transpose(dy, [1, 0, 2, 3]), height, outHeight);
    const columns = along(tf.transpose(tf.reshape(rows, [height, batch, outWidth, channels]), [2, 0, 1, 3]), width, outWidth);
    return tf.transpose(tf.reshape(columns, [width, height, batch, channels]), [2, 1, 0, 3]);
  };

export const resizing: LoweringTable = {
  [tf.ResizeBilinearGrad]: byMatrices(tf.ResizeBilinear),
  [tf.ResizeNearestNeighborGrad]: byMatrices(tf.ResizeNearestNeighbor),
};
