/** Kernels of support vector machines, on the host and as ONNX operators. @module */
import type { OnnxGraph } from './onnx-graph.js';

export type Kernel =
  | { readonly type: 'LINEAR' }
  | { readonly type: 'RBF'; readonly gamma: number }
  | { readonly type: 'POLYNOMIAL'; readonly gamma: number; readonly coefficient: number; readonly degree: number }
  | { readonly type: 'SIGMOID'; readonly gamma: number; readonly coefficient: number };

/** k(a, b) of two vectors whose products are given. */
function kernelOf(kernel: Kernel, product: number, squareA: number, squareB: number): number {
  switch (kernel.type) {
    case 'LINEAR':
      return product;
    case 'RBF':
      return Math.exp(-kernel.gamma * Math.max(0, squareA + squareB - 2 * product));
    case 'POLYNOMIAL':
      return (kernel.gamma * product + kernel.coefficient) ** kernel.degree;
    case 'SIGMOID':
      return Math.tanh(kernel.gamma * product + kernel.coefficient);
  }
}

/** All products of examples, `[count, count]`. */
export function kernelMatrix(kernel: Kernel, pixels: Float32Array, count: number, size: number): Float32Array {
  const matrix = new Float32Array(count * count);
  const squares = new Float64Array(count);
  for (let i = 0; i < count; i++) squares[i] = product(pixels, size, i, i);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      matrix[i * count + j] = matrix[j * count + i] = kernelOf(kernel, product(pixels, size, i, j), squares[i]!, squares[j]!);
    }
  }
  return matrix;
}

function product(pixels: Float32Array, size: number, i: number, j: number): number {
  let sum = 0;
  for (let p = 0; p < size; p++) sum += pixels[i * size + p]! * pixels[j * size + p]!;
  return sum;
}

/** `k(pixels, vectors)` as `kernels` `[n, vectors]`. @param vectors `[count, size]`. */
export function kernelGraph(kernel: Kernel, vectors: Float32Array, count: number, size: number): OnnxGraph {
  const transposed = new Float32Array(vectors.length);
  for (let v = 0; v < count; v++) for (let p = 0; p < size; p++) transposed[p * count + v] = vectors[v * size + p]!;
  const product = { operator: 'MatMul', inputs: ['pixels', 'vectors'], outputs: ['products'] };
  const weights = { vectors: { shape: [size, count], data: transposed } };
  const scalar = (value: number) => ({ shape: [], data: [value] });
  switch (kernel.type) {
    case 'LINEAR':
      return { nodes: [{ ...product, outputs: ['kernels'] }], weights };
    case 'RBF': {
      // -γ ‖x - v‖² in three parts.
      const squares = Float64Array.from({ length: count }, (_, v) => {
        let sum = 0;
        for (let p = 0; p < size; p++) sum += vectors[v * size + p]! ** 2;
        return -kernel.gamma * sum;
      });
      return {
        nodes: [
          product,
          { operator: 'Mul', inputs: ['products', 'twice'], outputs: ['mixed'] },
          { operator: 'Mul', inputs: ['pixels', 'pixels'], outputs: ['squares'] },
          { operator: 'ReduceSum', inputs: ['squares', 'axes'], outputs: ['lengths'], attributes: { keepdims: 1 } },
          { operator: 'Mul', inputs: ['lengths', 'gamma'], outputs: ['own'] },
          { operator: 'Add', inputs: ['mixed', 'own'], outputs: ['partial'] },
          { operator: 'Add', inputs: ['partial', 'others'], outputs: ['exponents'] },
          { operator: 'Exp', inputs: ['exponents'], outputs: ['kernels'] },
        ],
        weights: {
          ...weights,
          twice: scalar(2 * kernel.gamma),
          gamma: scalar(-kernel.gamma),
          axes: { shape: [1], data: [1], type: 'int64' },
          others: { shape: [count], data: squares },
        },
      };
    }
    case 'POLYNOMIAL':
    case 'SIGMOID': {
      const isPower = kernel.type === 'POLYNOMIAL';
      return {
        nodes: [
          product,
          { operator: 'Mul', inputs: ['products', 'gamma'], outputs: ['scaled'] },
          { operator: 'Add', inputs: ['scaled', 'coefficient'], outputs: ['shifted'] },
          isPower
            ? { operator: 'Pow', inputs: ['shifted', 'degree'], outputs: ['kernels'] }
            : { operator: 'Tanh', inputs: ['shifted'], outputs: ['kernels'] },
        ],
        weights: {
          ...weights,
          gamma: scalar(kernel.gamma),
          coefficient: scalar(kernel.coefficient),
          ...(isPower ? { degree: scalar(kernel.degree) } : {}),
        },
      };
    }
  }
}
