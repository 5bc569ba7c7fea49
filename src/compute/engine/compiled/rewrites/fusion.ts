/** Rules that join a convolution or matrix product with the bias, the sum and the activation after it, into what onnxruntime does in one pass. @module */
import { sameShape } from '../operation.js';
import { Affine } from '../operations/affine.js';
import { type Activation, Conv } from '../operations/convolutions.js';
import { Add, ClipByValue, LeakyRelu, Multiply, Relu, Relu6, Sigmoid, Tanh } from '../operations/elementwise.js';
import { BatchMatMul } from '../operations/matrices.js';
import type { Attributes, Kernel, Node } from '../graph.js';
import { call, constant, eitherWay, only, value } from './pattern.js';
import { type Rule, rule } from './rule.js';
import { asVector, isOpen, isPerChannel, outputOf } from './values.js';

const convolution = only(call(Conv, {}, 'conv'));

const biasIntoConv = rule({
  name: 'bias into convolution',
  law: 'conv(x, W) + b = conv(x, W, b)',
  pattern: eitherWay(Add, convolution, value('vector')),
  condition: ({ conv, vector }) => isOpen(conv) && isPerChannel(vector, outputOf(conv)),
  replacement({ conv, vector }, graph) {
    const added = asVector(vector, graph);
    const { bias } = conv.inputs;
    return graph.again(conv, { ...conv.inputs, bias: bias ? graph.op(Add, { a: bias, b: added }) : added });
  },
});

const sumIntoConv = rule({
  name: 'sum into convolution',
  law: 'conv(x, W, b) + y = conv(x, W, b, y)',
  pattern: eitherWay(Add, convolution, value('other')),
  condition: ({ conv, other }) => isOpen(conv) && !conv.inputs.sum && !other.isConstant && sameShape(other.shape, outputOf(conv).shape),
  replacement: ({ conv, other }, graph) => graph.again(conv, { ...conv.inputs, sum: other }),
});

const product = only(call(BatchMatMul, {}, 'product'));

/** Whether a product is a Gemm that adds nothing yet. */
function isOpenGemm({ inputs, outputs }: Node): boolean {
  return outputs[0]!.rank === 2 && inputs.a!.rank === 2 && !inputs.bias;
}

const biasIntoProduct = rule({
  name: 'bias into matrix product',
  law: 'A · B + v = gemm(A, B, v)',
  pattern: eitherWay(Add, product, value('vector')),
  condition: ({ product, vector }) => isOpenGemm(product) && vector.rank <= 2 && isPerChannel(vector, outputOf(product)),
  replacement: ({ product, vector }, graph) => graph.again(product, { ...product.inputs, bias: vector }),
});

/** A matrix, times a number, plus a product: a Gemm accumulates in one pass, as momentum wants it. */
const accumulateScaled = rule({
  name: 'scaled matrix into matrix product',
  law: 'A · B + c · M = gemm(A, B, M, β = c)',
  pattern: eitherWay(Add, product, only(eitherWay(Multiply, value('matrix'), constant('factor'), 'scaled'))),
  condition: ({ product, scaled, factor }) =>
    isOpenGemm(product) && factor.rank === 0 && sameShape(outputOf(scaled).shape, outputOf(product).shape),
  replacement: ({ product, matrix, factor }, graph) =>
    graph.again(product, { ...product.inputs, bias: matrix }, { ...product.attrs, beta: factor.data[0]! }),
});

const accumulate = rule({
  name: 'matrix into matrix product',
  law: 'A · B + M = gemm(A, B, M)',
  pattern: eitherWay(Add, product, value('matrix')),
  condition: ({ product, matrix }) => isOpenGemm(product) && sameShape(matrix.shape, outputOf(product).shape),
  replacement: ({ product, matrix }, graph) => graph.again(product, { ...product.inputs, bias: matrix }, { ...product.attrs, beta: 1 }),
});

function activation<A extends Attributes>(kernel: Kernel<A>, make: (attrs: A) => Activation): Rule {
  return rule({
    name: `${kernel.name} into convolution or affine`,
    law: `${kernel.name}(conv(x, W)) = conv(x, W, activation = ${kernel.name}), and of affine`,
    pattern: call(kernel, { x: only(call([Conv, Affine], {}, 'producer')) }, 'node'),
    condition: ({ producer }) => isOpen(producer),
    replacement: ({ producer, node }, graph) => graph.again(producer, producer.inputs, { ...producer.attrs, activation: make(node.attrs) }),
  });
}

export const fusion: readonly Rule[] = [
  biasIntoConv,
  biasIntoProduct,
  accumulateScaled,
  accumulate,
  sumIntoConv,
  activation(ClipByValue, ({ clipValueMin, clipValueMax }) => ({ kind: 'Clip', params: [clipValueMin, clipValueMax] })),
  activation(LeakyRelu, ({ alpha }) => ({ kind: 'LeakyRelu', params: [alpha] })),
  activation(Relu, () => ({ kind: 'Relu' })),
  activation(Relu6, () => ({ kind: 'Clip', params: [0, 6] })),
  activation(Sigmoid, () => ({ kind: 'Sigmoid' })),
  activation(Tanh, () => ({ kind: 'Tanh' })),
];
