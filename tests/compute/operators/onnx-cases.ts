/** Every operator of ONNX with small inputs. */
import { bools, type Cases, each, floats, inner, ints, type OperatorCase, other, positive, truth, variable, whole } from './cases.js';

const X = [2, 3, 4];
const IMAGE = [1, 4, 5, 5];
const CHANNELS = [4];

const pair = { inputs: [variable(X), other(X)] };
const reduced: readonly OperatorCase[] = [
  { inputs: [positive(X)], attributes: { axes: [1] } },
  { inputs: [positive(IMAGE)], attributes: { axes: [2, 3], keepdims: 0 } },
];
const padded = [0, 1, 0, 0, 2, 1];

const arithmetic: Cases = {
  ...each(['Add', 'Div', 'Max', 'Mean', 'Min', 'Mul', 'Sub', 'Sum'], [pair, { inputs: [variable(IMAGE), other([4, 1, 1])] }]),
  ...each(['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'], pair),
  ...each(['And', 'Or', 'Xor'], { inputs: [truth(X), truth(X)] }),
  // Between twice and thrice the divisor, so that both have a slope.
  Mod: {
    inputs: [variable([6], { signed: false, shift: 2 }), variable([6], { signed: false, shift: 0.6 })],
    attributes: { fmod: 1 },
  },
  Pow: [{ inputs: [positive(X), other(X)] }, ...[2, 0.5, 3].map((exponent) => ({ inputs: [positive(X), floats([exponent], [])] }))],
  PRelu: { inputs: [variable(X), other([4])] },
  Where: { inputs: [bools([1, 0, 0, 1]), variable(X), other(X)] },
  Clip: [{ inputs: [variable(X), floats([-0.4], []), floats([0.6], [])] }, { inputs: [variable(X), floats([0], [])] }],
};

const convolutions: Cases = {
  Conv: [
    { inputs: [variable(IMAGE), other([3, 4, 3, 3]), variable([3])], attributes: { pads: [1, 1, 1, 1], strides: [2, 2] } },
    { inputs: [variable(IMAGE), other([4, 1, 2, 2])], attributes: { group: 4, dilations: [2, 2] } },
    { inputs: [variable(IMAGE), other([2, 2, 3, 3])], attributes: { group: 2 } },
  ],
  ConvTranspose: { inputs: [variable(IMAGE), other([4, 2, 3, 3]), variable([2])], attributes: { strides: [2, 2], pads: [1, 0, 0, 1] } },
};

const creation: Cases = {
  Cast: { inputs: [variable(X)], attributes: { to: 7 } },
  CastLike: { inputs: [variable(X), ints([0])] },
  Constant: { inputs: [], attributes: { value_float: 2 } },
  ConstantOfShape: { inputs: [ints(X)] },
  Expand: { inputs: [variable([3, 1]), ints(X)] },
  EyeLike: { inputs: [variable([3, 4])] },
  OneHot: { inputs: [whole([4]), ints([3], []), floats([0, 1])] },
  Range: { inputs: [ints([1], []), ints([7], []), ints([2], [])] },
  Tile: { inputs: [variable(X), ints([2, 1, 2])] },
};

const elementwise: Cases = {
  ...each(
    [
      'Abs',
      'Asinh',
      'Atan',
      'Ceil',
      'Celu',
      'Cos',
      'Cosh',
      'Dropout',
      'Elu',
      'Erf',
      'Exp',
      'Floor',
      'HardSigmoid',
      'HardSwish',
      'Identity',
    ],
    { inputs: [variable(X)] },
  ),
  ...each(
    ['IsInf', 'IsNaN', 'LeakyRelu', 'Mish', 'Neg', 'Reciprocal', 'Relu', 'Round', 'Selu', 'Shrink', 'Sigmoid', 'Sign', 'Sin', 'Sinh'],
    { inputs: [variable(X)] },
  ),
  ...each(['Softplus', 'Softsign', 'Swish', 'Tan', 'Tanh'], { inputs: [variable(X)] }),
  ...each(['Acos', 'Asin', 'Atanh'], { inputs: [inner(X)] }),
  ...each(['Log', 'Sqrt'], { inputs: [positive(X)] }),
  Acosh: { inputs: [variable(X, { signed: false, shift: 1 })] },
  Gelu: [{ inputs: [variable(X)] }, { inputs: [variable(X)], attributes: { approximate: 'tanh' } }],
  Not: { inputs: [truth(X)] },
  ThresholdedRelu: { inputs: [variable(X)], attributes: { alpha: 0.5 } },
};

const indexing: Cases = {
  CumSum: [{ inputs: [variable(X), ints([1], [])] }, { inputs: [variable(X), ints([2], [])], attributes: { exclusive: 1, reverse: 1 } }],
  Gather: [{ inputs: [variable(X), ints([2, 0, 2])], attributes: { axis: 1 } }, { inputs: [variable(X), ints([1], [])] }],
  GatherElements: { inputs: [variable([3, 2]), ints([0, 2, 2, 1], [2, 2])] },
  GatherND: [
    { inputs: [variable(X), ints([0, 2, 1, 0], [2, 2])] },
    { inputs: [variable(X), ints([2, 0], [2, 1])], attributes: { batch_dims: 1 } },
  ],
  Pad: ['constant', 'reflect', 'edge'].map((mode) => ({ inputs: [variable(X), ints(padded)], attributes: { mode } })),
  Slice: { inputs: [variable([2, 6, 4]), ints([0, 5]), ints([2, -7]), ints([0, 1]), ints([1, -2])] },
};

const scatters: Cases = {
  ...each(['Scatter', 'ScatterElements'], {
    inputs: [variable(X), ints([2, 0, 1, 1], [2, 1, 2]), other([2, 1, 2])],
    attributes: { axis: 1 },
  }),
  ScatterND: [
    // A whole block, single values with one that is written twice, and sums.
    { inputs: [variable(X), ints([0, 1, 1, 1], [2, 2]), other([2, 4])] },
    { inputs: [variable(X), ints([0, 2, 1, 1, 0, 3, 0, 2, 1], [3, 3]), other([3])] },
    { inputs: [variable(X), ints([1, 1], [2, 1]), other([2, 3, 4])], attributes: { reduction: 'add' } },
  ],
  AffineGrid: { inputs: [variable([2, 2, 3]), ints([2, 1, 3, 4])], attributes: { align_corners: 1 } },
  // The second input's values lie away from the centres of pixels, where both differ.
  GridSample: [
    { inputs: [variable(IMAGE), inner([1, 3, 2, 2])], attributes: { align_corners: 1 } },
    { inputs: [variable(IMAGE), floats([-0.9, 0.3, 1.4, -1.7], [1, 1, 2, 2])], attributes: { mode: 'cubic', padding_mode: 'reflection' } },
    { inputs: [variable(IMAGE), floats([-0.9, 0.3, 1.4, -1.7], [1, 1, 2, 2])], attributes: { mode: 'nearest', padding_mode: 'border' } },
  ],
};

const selections: Cases = {
  NonZero: { inputs: [floats([0, 2, 3, 0], [2, 2])] },
  TopK: { inputs: [floats([3, 1, 2, 5, 7, 6], [2, 3]), ints([2])], outputs: 2 },
  Trilu: { inputs: [variable(X), ints([1], [])] },
};

const matrices: Cases = {
  Einsum: [
    { inputs: [variable([2, 3, 4]), other([2, 5, 4])], attributes: { equation: 'bik,bjk->bij' } },
    { inputs: [variable(X), other([4, 5])], attributes: { equation: '...i,ij->...j' } },
    { inputs: [variable(X), other([3, 4])], attributes: { equation: '...ab,ac' } },
  ],
  Gemm: { inputs: [variable([4, 3]), other([5, 4]), variable([5])], attributes: { transA: 1, transB: 1, alpha: 0.5, beta: 2 } },
  MatMul: [{ inputs: [variable(X), other([4, 5])] }, { inputs: [variable(X), other([1, 4, 5])] }, { inputs: [variable([4]), other([4])] }],
};

const normalizations: Cases = {
  BatchNormalization: { inputs: [variable(IMAGE), other(CHANNELS), variable(CHANNELS), variable(CHANNELS), positive(CHANNELS)] },
  GroupNormalization: { inputs: [variable(IMAGE), other(CHANNELS), variable(CHANNELS)], attributes: { num_groups: 2 } },
  InstanceNormalization: { inputs: [variable(IMAGE), other(CHANNELS), variable(CHANNELS)] },
  LayerNormalization: { inputs: [variable(X), other([4]), variable([4])] },
  LogSoftmax: { inputs: [variable(X)], attributes: { axis: 1 } },
  LpNormalization: [1, 2].map((p) => ({ inputs: [variable(X)], attributes: { p, axis: 1 } })),
  LRN: [3, 4].map((size) => ({ inputs: [variable(IMAGE)], attributes: { size, alpha: 0.5 } })),
  MeanVarianceNormalization: { inputs: [variable(IMAGE)] },
  Softmax: [
    { inputs: [variable(X)], attributes: { axis: 1 } },
    { inputs: [variable(X)], version: 11 },
  ],
};

const poolings: Cases = {
  ...each(['GlobalAveragePool', 'GlobalLpPool', 'GlobalMaxPool'], { inputs: [variable(IMAGE)] }),
  ...each(['AveragePool', 'MaxPool'], {
    inputs: [variable(IMAGE)],
    attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  }),
  LpPool: { inputs: [positive(IMAGE)], attributes: { kernel_shape: [2, 2] } },
};

const reductions: Cases = {
  ...each(['ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceMax', 'ReduceMean'], reduced),
  ...each(['ReduceMin', 'ReduceProd', 'ReduceSum', 'ReduceSumSquare'], reduced),
  ...each(['ArgMax', 'ArgMin'], { inputs: [variable(X)], attributes: { axis: 1 } }),
};

const shapes: Cases = {
  ...each(['Flatten', 'Shape', 'Size'], { inputs: [variable(X)] }),
  Concat: { inputs: [variable(X), other([2, 2, 4])], attributes: { axis: 1 } },
  DepthToSpace: ['DCR', 'CRD'].map((mode) => ({ inputs: [variable([1, 8, 2, 2])], attributes: { blocksize: 2, mode } })),
  Reshape: { inputs: [variable(X), ints([0, -1])] },
  SpaceToDepth: { inputs: [variable([1, 2, 4, 4])], attributes: { blocksize: 2 } },
  Split: { inputs: [variable(X), ints([1, 2])], attributes: { axis: 1 }, outputs: 2 },
  Squeeze: { inputs: [variable([2, 1, 3]), ints([1])] },
  Transpose: { inputs: [variable(X)], attributes: { perm: [2, 0, 1] } },
  Unsqueeze: { inputs: [variable(X), ints([1])] },
};

const rest: Cases = {
  DequantizeLinear: { inputs: [variable(X), floats([0.5], []), ints([1], [])] },
  ...each(['RandomNormalLike', 'RandomUniformLike'], { inputs: [variable(X)] }),
  ...each(['RandomNormal', 'RandomUniform'], { inputs: [], attributes: { shape: X } }),
  Bernoulli: { inputs: [inner(X)] },
  Resize: [
    ...['nearest', 'linear', 'cubic'].map((mode) => ({
      inputs: [variable(IMAGE), undefined, floats([1, 1, 2, 1.4])],
      attributes: { mode },
    })),
    { inputs: [variable(IMAGE), undefined, floats([1, 1, 0.5, 0.6])], attributes: { mode: 'linear', antialias: 1 } },
  ],
  Upsample: { inputs: [variable(IMAGE), floats([1, 1, 2, 2])], version: 9 },
  'ai.onnx.ml.LinearClassifier': {
    inputs: [variable([2, 3])],
    attributes: { coefficients: [0.5, -1, 2], intercepts: [0.25], post_transform: 'LOGISTIC' },
  },
  'ai.onnx.ml.Normalizer': ['L1', 'L2', 'MAX'].map((norm) => ({ inputs: [positive([2, 3])], attributes: { norm } })),
  'ai.onnx.ml.Scaler': { inputs: [variable([2, 3])], attributes: { offset: [0.5, 0, 1], scale: [2, 3, 4] } },
};

export const onnxCases: Cases = {
  ...arithmetic,
  ...convolutions,
  ...creation,
  ...elementwise,
  ...indexing,
  ...matrices,
  ...normalizations,
  ...poolings,
  ...reductions,
  ...scatters,
  ...selections,
  ...shapes,
  ...rest,
};
