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
  Clip: [
    { inputs: [variable(X), variable([], { offset: 1, shift: -0.59 }), variable([], { offset: 1, signed: false, shift: 0.2 })] },
    { inputs: [variable(X), floats([-0.4], []), floats([0.6], [])] },
    { inputs: [variable(X), floats([0], [])] },
  ],
};

/** Without a mask, and with each of the two kinds. */
const attentions: Cases = {
  Attention: [
    { inputs: [variable([1, 4, 3, 2]), other([1, 2, 5, 2]), variable([1, 2, 5, 3])], attributes: { softcap: 2 } },
    {
      inputs: [variable([1, 3, 4]), other([1, 3, 4]), variable([1, 3, 4]), variable([3, 3])],
      attributes: { q_num_heads: 2, kv_num_heads: 2, is_causal: 1, scale: 0.7 },
    },
    { inputs: [variable([1, 1, 2, 2]), other([1, 1, 3, 2]), variable([1, 1, 3, 2]), bools([1, 0, 1, 1, 1, 0], [2, 3])] },
  ],
  'com.microsoft.Attention': {
    inputs: [variable([1, 3, 4]), other([4, 12]), variable([12])],
    attributes: { num_heads: 2, unidirectional: 1 },
  },
  'com.microsoft.MultiHeadAttention': [
    { inputs: [variable([1, 3, 4]), other([1, 2, 4]), variable([1, 2, 4]), variable([12])], attributes: { num_heads: 2 } },
    {
      inputs: [variable([1, 3, 4]), other([1, 2, 4]), variable([1, 2, 4]), undefined, undefined, variable([1, 2, 3, 2])],
      attributes: { num_heads: 2, scale: 0.4 },
    },
  ],
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
  Compress: [{ inputs: [variable([3, 4]), bools([1, 0, 1])], attributes: { axis: 0 } }, { inputs: [variable([2, 2]), bools([0, 1, 1])] }],
  GatherElements: { inputs: [variable([3, 2]), ints([0, 2, 2, 1], [2, 2])] },
  GatherND: [
    { inputs: [variable(X), ints([0, 2, 1, 0], [2, 2])] },
    { inputs: [variable(X), ints([2, 0], [2, 1])], attributes: { batch_dims: 1 } },
  ],
  Pad: ['constant', 'reflect', 'edge', 'wrap'].map((mode) => ({ inputs: [variable(X), ints(padded)], attributes: { mode } })),
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
  RMSNormalization: { inputs: [variable(X), variable([4])] },
  Softmax: [
    { inputs: [variable(X)], attributes: { axis: 1 } },
    { inputs: [variable(X)], version: 11 },
  ],
};

const poolings: Cases = {
  ...each(['GlobalAveragePool', 'GlobalLpPool', 'GlobalMaxPool'], { inputs: [variable(IMAGE)] }),
  MaxPool: [
    { inputs: [variable(IMAGE)], attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] } },
    { inputs: [variable(IMAGE)], attributes: { kernel_shape: [2, 2], dilations: [2, 3], pads: [1, 1, 1, 1] } },
  ],
  AveragePool: [
    { inputs: [variable(IMAGE)], attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] } },
    { inputs: [variable(IMAGE)], attributes: { kernel_shape: [2, 2], dilations: [2, 3], pads: [1, 1, 1, 1] } },
    { inputs: [variable([1, 2, 3, 4, 3])], attributes: { kernel_shape: [2, 3, 2], pads: [1, 1, 0, 0, 1, 1] } },
  ],
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

/** Scale 1 and zero point 0, so that steps are at halves. */
const UNIT = [floats([1], []), ints([0], [])];
/** So coarse that everything is rounded to 0. */
const COARSE = [floats([9], []), ints([0], [])];
const signed = { quantized_range: [-128, 127] };

const quantized: Cases = {
  DequantizeLinear: [
    { inputs: [variable(X), floats([0.5], []), ints([1], [])] },
    { inputs: [variable(X), floats([0.5, 2, 1]), ints([1, 0, -2])] },
  ],
  ...each(['QuantizeLinear', 'com.microsoft.QuantizeLinear'], { inputs: [variable(X), ...UNIT], attributes: signed }),
  'com.microsoft.DequantizeLinear': { inputs: [variable(X), ...UNIT] },
  ConvInteger: { inputs: [variable(IMAGE), other([3, 4, 3, 3]), ints([1], []), ints([2], [])], attributes: { pads: [1, 1, 1, 1] } },
  MatMulInteger: { inputs: [variable(X), other([4, 5]), ints([1], []), ints([2], [])] },
  DynamicQuantizeLinear: { inputs: [variable([2, 3])], hasMovingSteps: true },
  QLinearConv: {
    inputs: [
      variable(IMAGE),
      ...UNIT,
      floats([1, -2, 1, 2, 1, 3, -1, 1], [2, 4, 1, 1]),
      floats([1, 0.3]),
      ints([0, 0]),
      ...COARSE,
      ints([1, 2]),
    ],
    attributes: signed,
  },
  QLinearMatMul: {
    inputs: [variable(X), ...UNIT, floats([1, 2, -1, 3], [4, 1]), floats([0.3], []), ints([1], []), ...UNIT],
    attributes: signed,
  },
  'com.microsoft.DynamicQuantizeMatMul': {
    inputs: [variable([2, 4]), ints([1, 2, -1, 3], [4, 1]), floats([0.3]), ints([1]), variable([1])],
    hasMovingSteps: true,
  },
  'com.microsoft.MatMulIntegerToFloat': {
    inputs: [variable([2, 4]), ints([1, 2, -1, 3], [4, 1]), floats([0.3], []), floats([0.5]), ints([1], []), ints([1]), variable([1])],
  },
  'com.microsoft.QGemm': [
    { inputs: [variable([2, 4]), ...UNIT, ints([1, 2, -1, 3], [4, 1]), floats([0.3]), ints([1]), ints([2]), ...UNIT], attributes: signed },
  ],
  'com.microsoft.QLinearConv': {
    inputs: [variable([1, 5, 5, 4]), ...UNIT, floats([1, -2, 1, 2], [1, 4, 1, 1]), ...UNIT, ...COARSE, ints([1])],
    attributes: { ...signed, channels_last: 1 },
  },
  ...each(['com.microsoft.QLinearAdd', 'com.microsoft.QLinearMul'], {
    inputs: [variable(X), ...UNIT, floats([2.13], []), ...UNIT, ...UNIT],
    attributes: signed,
  }),
  'com.microsoft.QLinearAveragePool': { inputs: [variable(IMAGE), ...UNIT, ...COARSE], attributes: { ...signed, kernel_shape: [2, 2] } },
  'com.microsoft.QLinearConcat': { inputs: [...UNIT, variable(X), ...UNIT, other(X), ...UNIT], attributes: { ...signed, axis: 1 } },
  'com.microsoft.QLinearGlobalAveragePool': { inputs: [variable(IMAGE), ...UNIT, ...UNIT], attributes: signed },
  'com.microsoft.QLinearLeakyRelu': { inputs: [variable(X), ...UNIT, ...UNIT], attributes: signed },
  'com.microsoft.QLinearSigmoid': { inputs: [variable(X), ...UNIT, floats([0.3], []), ints([0], [])] },
  'com.microsoft.QLinearSoftmax': { inputs: [variable(X), ...UNIT, floats([0.3], []), ints([0], [])] },
};

const microsoft: Cases = {
  ...each(['com.microsoft.BiasGelu', 'com.microsoft.FastGelu'], { inputs: [variable(X), variable([4])] }),
  ...each(['com.microsoft.Gelu', 'com.microsoft.QuickGelu'], { inputs: [variable(X)] }),
  'com.microsoft.FusedConv': {
    inputs: [variable(IMAGE), other([3, 4, 3, 3]), variable([3]), other([1, 3, 5, 5])],
    attributes: { pads: [1, 1, 1, 1], activation: 'LeakyRelu', activation_params: [0.1] },
  },
  'com.microsoft.FusedGemm': { inputs: [variable([3, 4]), other([4, 5]), variable([5])], attributes: { activation: 'Tanh' } },
  'com.microsoft.FusedMatMul': { inputs: [variable(X), other([5, 4])], attributes: { transB: 1, alpha: 0.5 } },
  'com.microsoft.SkipLayerNormalization': { inputs: [variable(X), other(X), other([4]), variable([4]), variable([4])] },
  ...each(
    ['AveragePool', 'MaxPool'].map((name) => `com.microsoft.nchwc.${name}`),
    { inputs: [variable(IMAGE)], attributes: { kernel_shape: [2, 2] } },
  ),
  ...each(
    ['GlobalAveragePool', 'GlobalMaxPool'].map((name) => `com.microsoft.nchwc.${name}`),
    { inputs: [variable(IMAGE)] },
  ),
  'com.microsoft.nchwc.Conv': [
    { inputs: [variable(IMAGE), other([8, 4, 3, 3]), variable([8])], attributes: { block_size: 8, activation: 'Sigmoid' } },
    { inputs: [variable(IMAGE), other([4, 4, 3, 3])], attributes: { block_size: 2 } },
  ],
  'com.microsoft.nchwc.ReorderInput': { inputs: [variable([1, 5, 5, 4])], attributes: { channels_last: 1 } },
  'com.microsoft.nchwc.ReorderOutput': { inputs: [variable(IMAGE)], attributes: { channels: 3 } },
  'com.microsoft.nchwc.Upsample': { inputs: [variable(IMAGE)], attributes: { scales: [1, 1, 2, 2] } },
};

/** Four vectors of three classes. */
const MACHINE = {
  kernel_params: [0.7, 0.4, 3],
  support_vectors: [0.1, 0.9, 0.4, -0.6, 0.3, 0.8, 0.5, -0.2, 0.7, -0.3, 0.6, -0.9],
  vectors_per_class: [1, 2, 1],
  coefficients: [0.8, -0.5, -0.6, 0.9, 0.4, 0.7, -0.3, -0.8],
  rho: [0.1, -0.2, 0.05],
  classlabels_ints: [0, 1, 2],
};

/** One comparison and two leaves. */
const STUMP = {
  nodes_treeids: [0, 0, 0],
  nodes_nodeids: [0, 1, 2],
  nodes_modes: ['BRANCH_LEQ', 'LEAF', 'LEAF'],
  nodes_featureids: [1, 0, 0],
  nodes_values: [0.1, 0, 0],
  nodes_truenodeids: [1, 0, 0],
  nodes_falsenodeids: [2, 0, 0],
  ...Object.fromEntries(
    ['class', 'target'].flatMap((prefix) => [
      [`${prefix}_treeids`, [0, 0]],
      [`${prefix}_nodeids`, [1, 2]],
      [`${prefix}_ids`, [0, 1]],
      [`${prefix}_weights`, [1, 2]],
    ]),
  ),
  n_targets: 2,
  classlabels_int64s: [0, 1],
};

const rest: Cases = {
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
  'ai.onnx.ml.ArrayFeatureExtractor': { inputs: [variable([2, 3]), ints([2, 0], [1, 2])] },
  'ai.onnx.ml.LinearRegressor': {
    inputs: [variable([2, 3])],
    attributes: { coefficients: [0.5, -1, 2, 1, 0, -0.5], intercepts: [0.25, 0], targets: 2 },
  },
  'ai.onnx.ml.SVMClassifier': [
    ...['LINEAR', 'POLY', 'RBF', 'SIGMOID'].map((kernel) => ({
      inputs: [variable([2, 3])],
      attributes: { ...MACHINE, kernel_type: kernel },
    })),
    { inputs: [variable([2, 3])], attributes: { ...MACHINE, kernel_type: 'RBF', prob_a: [-1, -2, -1.5], prob_b: [0.1, 0, -0.2] } },
    { inputs: [variable([2, 3])], attributes: { ...MACHINE, vectors_per_class: [2, 2], classlabels_ints: [0, 1], kernel_type: 'RBF' } },
  ],
  'ai.onnx.ml.SVMRegressor': {
    inputs: [variable([2, 3])],
    attributes: { ...MACHINE, n_supports: 4, coefficients: [1, -0.5, 0.7, 0.2], kernel_type: 'RBF' },
  },
  ...each(['ai.onnx.ml.TreeEnsembleClassifier', 'ai.onnx.ml.TreeEnsembleRegressor'], { inputs: [variable([2, 3])], attributes: STUMP }),
  'ai.onnx.ml.Normalizer': ['L1', 'L2', 'MAX'].map((norm) => ({ inputs: [positive([2, 3])], attributes: { norm } })),
  'ai.onnx.ml.Scaler': { inputs: [variable([2, 3])], attributes: { offset: [0.5, 0, 1], scale: [2, 3, 4] } },
};

export const onnxCases: Cases = {
  ...arithmetic,
  ...attentions,
  ...convolutions,
  ...creation,
  ...elementwise,
  ...indexing,
  ...matrices,
  ...normalizations,
  ...poolings,
  ...microsoft,
  ...quantized,
  ...reductions,
  ...scatters,
  ...selections,
  ...shapes,
  ...rest,
};
