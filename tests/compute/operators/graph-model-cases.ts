/** Every operator of GraphModels with small inputs. */
import { bools, type Cases, each, floats, inner, ints, other, positive, truth, variable } from './cases.js';

const X = [2, 3, 4];
const IMAGE = [1, 4, 4, 3];
const CHANNELS = [3];

const one = { inputs: [variable(X)] };
const pair = { inputs: [variable(X), other(X)] };
const along = { inputs: [positive(X), ints([1])] };
/** Between twice and thrice the divisor, so that both have a slope. */
const divided = { inputs: [variable([6], { signed: false, shift: 2 }), variable([6], { signed: false, shift: 0.6 })] };
const windows = { strides: [1, 2, 2, 1], padding: 'SAME' };
const normalized = { inputs: [variable(IMAGE), other(CHANNELS), variable(CHANNELS), variable(CHANNELS), positive(CHANNELS)] };
const tail = ['BiasAdd', 'Prelu'];

const elementwise: Cases = {
  ...each(['Abs', 'Ceil', 'Cos', 'Elu', 'Erf', 'Exp', 'Expm1', 'Floor', 'Identity', 'LeakyRelu', 'LogSoftmax', 'Neg', 'OnesLike'], one),
  ...each(['PlaceholderWithDefault', 'Reciprocal', 'Relu', 'Relu6', 'Rint', 'Round', 'Selu', 'Sigmoid', 'Sign', 'Sin', 'Snapshot'], one),
  ...each(['Softmax', 'Softplus', 'Square', 'StopGradient', 'Tanh', 'ZerosLike'], one),
  ...each(['Asinh', 'Atan', 'Cosh', 'EnsureShape', 'IdentityN', 'IsFinite', 'IsNan', 'Sinh', 'Tan'], one),
  ...each(['Acos', 'Asin', 'Atanh'], { inputs: [inner(X)] }),
  ...each(['Log', 'Rsqrt', 'Sqrt'], { inputs: [positive(X)] }),
  ...each(['Add', 'AddN', 'AddV2', 'Div', 'DivNoNan', 'Maximum', 'Minimum', 'Mul', 'RealDiv', 'SquaredDifference', 'Sub'], pair),
  ...each(['Equal', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'NotEqual'], pair),
  ...each(['LogicalAnd', 'LogicalOr', 'LogicalXor'], { inputs: [truth(X), truth(X)] }),
  ...each(['FloorDiv', 'FloorMod', 'Mod'], divided),
  ...each(['Select', 'SelectV2'], { inputs: [bools([1, 0, 0, 1]), variable(X), other(X)] }),
  ...each(['BiasAdd', 'Prelu'], { inputs: [variable(X), other([4])] }),
  Acosh: { inputs: [variable(X, { signed: false, shift: 1 })] },
  Cast: { inputs: [variable(X)], attributes: { DstT: 'DT_INT32' } },
  ClipByValue: { inputs: [variable(X), floats([-0.4], []), floats([0.6], [])] },
  Log1p: { inputs: [inner(X)] },
  LogicalNot: { inputs: [truth(X)] },
  Pow: [{ inputs: [positive(X), other(X)] }, { inputs: [positive(X), floats([0.5], [])] }, { inputs: [positive(X), floats([0.25], [])] }],
};

const layers: Cases = {
  // At padded borders only the compiled engine has the derivative, see tests/engine/convolution.test.ts.
  AvgPool: { inputs: [variable(IMAGE)], attributes: { ksize: [1, 3, 3, 1], strides: [1, 1, 1, 1], padding: 'VALID' } },
  MaxPool: { inputs: [variable(IMAGE)], attributes: { ksize: [1, 3, 3, 1], ...windows } },
  ...each(['BatchMatMul', 'BatchMatMulV2'], { inputs: [variable([2, 3, 4]), other([2, 3, 5])], attributes: { adj_x: true } }),
  ...each(['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3'], normalized),
  Conv2D: { inputs: [variable(IMAGE), other([3, 3, 3, 2])], attributes: windows },
  Conv2DBackpropInput: { inputs: [ints(IMAGE), other([3, 3, 3, 2]), variable([1, 2, 2, 2])], attributes: windows },
  Conv3D: {
    inputs: [variable([1, 3, 4, 4, 2]), other([2, 3, 3, 2, 2])],
    attributes: { strides: [1, 1, 2, 2, 1], padding: 'SAME', data_format: 'NDHWC' },
  },
  DepthwiseConv2dNative: { inputs: [variable(IMAGE), other([3, 3, 3, 2])], attributes: windows },
  Einsum: { inputs: [variable([2, 3, 4]), other([4, 5])], attributes: { equation: 'abc,cd->adb' } },
  FusedDepthwiseConv2dNative: {
    inputs: [variable(IMAGE), other([3, 3, 3, 1]), variable([3])],
    attributes: { ...windows, fused_ops: ['BiasAdd', 'Elu'] },
  },
  LRN: { inputs: [variable(IMAGE)], attributes: { depth_radius: 1, alpha: 0.5 } },
  MatMul: { inputs: [variable([4, 3]), other([5, 4])], attributes: { transpose_a: true, transpose_b: true } },
  _FusedConv2D: {
    inputs: [variable(IMAGE), other([3, 3, 3, 2]), variable([2]), other([2])],
    attributes: { ...windows, fused_ops: tail },
  },
  _FusedMatMul: { inputs: [variable([3, 4]), other([4, 5]), variable([5]), other([5])], attributes: { fused_ops: tail } },
};

const shapes: Cases = {
  ...each(['All', 'Any'], { inputs: [truth(X), ints([1])] }),
  ...each(['ArgMax', 'ArgMin', 'EuclideanNorm', 'Max', 'Mean', 'Min', 'Prod', 'ReverseV2', 'Sum'], along),
  ...each(['Rank', 'Shape', 'Size'], one),
  ...each(['Gather', 'GatherV2'], { inputs: [variable(X), ints([2, 0, 2]), ints([1], [])] }),
  ...each(
    ['ResizeBilinear', 'ResizeNearestNeighbor'],
    [true, false].map((corners) => ({ inputs: [variable(IMAGE), ints([7, 6])], attributes: { align_corners: corners } })),
  ),
  BatchToSpaceND: { inputs: [variable([4, 2, 2, 1]), ints([2, 2]), ints([0, 1, 1, 0])] },
  BroadcastTo: { inputs: [variable([3, 1]), ints(X)] },
  ConcatV2: { inputs: [variable(X), other([2, 2, 4]), ints([1], [])] },
  Cumsum: { inputs: [variable(X), ints([1], [])], attributes: { reverse: true } },
  DepthToSpace: { inputs: [variable([1, 2, 2, 8])], attributes: { block_size: 2 } },
  ExpandDims: { inputs: [variable(X), ints([1], [])] },
  Fill: { inputs: [ints(X), floats([2], [])] },
  MatrixBandPart: { inputs: [variable(X), ints([1], []), ints([0], [])] },
  MirrorPad: ['REFLECT', 'SYMMETRIC'].map((mode) => ({ inputs: [variable(X), ints([0, 1, 2, 1, 1, 0])], attributes: { mode } })),
  Pack: { inputs: [variable(X), other(X)], attributes: { axis: 1 } },
  Pad: { inputs: [variable(X), ints([0, 1, 2, 1, 1, 0])] },
  PadV2: { inputs: [variable(X), ints([0, 1, 2, 1, 1, 0]), floats([2], [])] },
  Range: { inputs: [ints([1], []), ints([7], []), ints([2], [])] },
  Reshape: { inputs: [variable(X), ints([6, -1])] },
  Slice: { inputs: [variable(X), ints([0, 1, 1]), ints([2, -1, 2])] },
  SpaceToBatchND: { inputs: [variable(IMAGE), ints([2, 2]), ints([0, 0, 1, 1])] },
  Split: { inputs: [ints([2], []), variable(X)], attributes: { num_split: 2 }, outputs: 2 },
  SplitV: { inputs: [variable(X), ints([1, 2]), ints([1], [])], outputs: 2 },
  Squeeze: { inputs: [variable([2, 1, 3])], attributes: { squeeze_dims: [1] } },
  StridedSlice: { inputs: [variable([2, 6, 4]), ints([0, 1, 0]), ints([2, 6, 4]), ints([1, 2, 3])] },
  Tile: { inputs: [variable(X), ints([2, 1, 2])] },
  Transpose: { inputs: [variable(X), ints([2, 0, 1])] },
  Unpack: { inputs: [variable(X)], attributes: { axis: 1 }, outputs: 3 },
};

export const graphModelCases: Cases = { ...elementwise, ...layers, ...shapes };
