/** ONNX files that are damaged, impossible, or ask for too much. @module */
import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as AttributeType,
  AttributeProtoSchema,
  FunctionProtoSchema,
  ModelProtoSchema,
  SparseTensorProtoSchema,
  TensorProto_DataLocation as Location,
  TensorProtoSchema,
  type ModelProto,
} from 'onnx-buf';
import { DataType, floats, ints, raw, type GraphSpec, type NodeSpec } from '../compute/onnx-files.js';
import { zipOf } from '../server/support/upload.js';
import { ONNX, onnx } from './valid.js';
import { named, scrambled, truncated, type BadFile } from './types.js';

type Tensor = MessageInitShape<typeof TensorProtoSchema>;

const tensor = (fields: Tensor) => create(TensorProtoSchema, { dataType: DataType.FLOAT, ...fields });

/** The good model with one weight of `w`'s shape in another way. */
const weight = (w: Tensor) => onnx({ weights: { ...ONNX.weights, w: tensor(w) } });

/** The good model's first nodes, and others in the place of the rest. */
function ending(nodes: readonly NodeSpec[], weights: GraphSpec['weights'] = {}): Uint8Array {
  return onnx({ nodes: [...ONNX.nodes.slice(0, 3), ...nodes], weights: { ...ONNX.weights, ...weights } });
}

/** One node between image and scores. */
const one = (op: string, attributes: NodeSpec['attributes'] = {}, weights: NonNullable<GraphSpec['weights']> = {}): Uint8Array =>
  onnx({ nodes: [{ op, inputs: ['image', ...Object.keys(weights)], outputs: ['scores'], attributes }], weights });

/** The good model with the attributes of its convolution changed. */
const convolution = (attributes: NodeSpec['attributes'], kernel = ONNX.weights!['kernel']!) => {
  const [first, ...rest] = ONNX.nodes;
  return onnx({
    nodes: [{ ...first!, attributes: { ...first!.attributes, ...attributes } }, ...rest],
    weights: { ...ONNX.weights, kernel },
  });
};

/** The good model's message, edited. */
function edited(change: (model: ModelProto) => void): Uint8Array {
  const model = fromBinary(ModelProtoSchema, onnx());
  change(model);
  return toBinary(ModelProtoSchema, model);
}

const external = (entries: Readonly<Record<string, string>>, files: Readonly<Record<string, Uint8Array>> = {}) =>
  zipOf({
    'model.onnx': weight({
      dims: [8n, 3n],
      dataLocation: Location.EXTERNAL,
      externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
    }),
    'weights.bin': new Uint8Array(96),
    ...files,
  });

/** A field of protobuf around bytes. */
function field(number: number, bytes: Uint8Array): Buffer {
  const size: number[] = [];
  let rest = bytes.length;
  for (; rest > 127; rest = Math.floor(rest / 128)) size.push((rest % 128) | 128);
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...size, rest]), bytes]);
}

/** Graphs inside attributes of nodes inside graphs … */
function nestedGraphs(depth: number): Uint8Array {
  let graph: Uint8Array = new Uint8Array();
  for (let i = 0; i < depth; i++) graph = field(1, field(5, field(6, graph)));
  return Buffer.concat([Buffer.from([8, 8]), field(7, graph)]);
}

const reshapeTo = (...shape: number[]) => ending([{ op: 'Reshape', inputs: ['active', 'to'], outputs: ['scores'] }], { to: ints(shape) });

/** The first node becomes one with graphs inside, each of which holds the good model. */
const branch = (op: string) =>
  edited(({ graph }) => {
    const { graph: g } = fromBinary(ModelProtoSchema, onnx());
    const inside = (name: string) => create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g });
    Object.assign(graph!.node[0]!, { opType: op, attribute: ['then_branch', 'else_branch', 'body'].map(inside) });
  });

/** A function of the file's own, in whose body it is called again. */
const recursion = () =>
  edited(({ graph, functions }) => {
    const [node] = graph!.node;
    Object.assign(node!, { opType: 'Own', domain: 'own' });
    functions.push(create(FunctionProtoSchema, { name: 'Own', domain: 'own', input: node!.input, output: node!.output, node: [node!] }));
  });

export const onnxFiles: readonly BadFile[] = [
  ...truncated(14, 'an ONNX file', onnx),
  ...scrambled(14, 'an ONNX file', () => onnx(), 60),
  ...named({
    'a text that starts like an ONNX file': () => Buffer.from('\b\x08 this is no protobuf, but a text'),
    'a web page': () => Buffer.from('<!doctype html><title>404</title>'),
    JSON: () => Buffer.from('{"graph": {"node": []}}'),
    'a version alone': () => Buffer.of(8, 8),
    'a version and zeros': () => Buffer.concat([Buffer.of(8, 8), Buffer.alloc(1000)]),
    'a field that is longer than the file': () => Buffer.of(8, 8, 0x3a, 0xff, 0xff, 0xff, 0xff, 0x07, 1, 2, 3),
    'a varint without an end': () => Buffer.concat([Buffer.of(8), Buffer.of(8), Buffer.of(0x3a), Buffer.alloc(100, 0xff)]),
    'graphs nested ten thousand deep': () => nestedGraphs(10_000),
    'graphs nested a hundred deep': () => nestedGraphs(100),
    'no graph': () => edited((model) => (model.graph = undefined)),
    'no nodes': () => onnx({ nodes: [] }),
    'no outputs': () => onnx({ outputs: {} }),
    'an output that nothing computes': () => onnx({ outputs: { nothing: DataType.FLOAT } }),
    'an output of text': () => onnx({ outputs: { scores: DataType.STRING } }),
    'no inputs': () => edited(({ graph }) => (graph!.input = [])),
    'two inputs': () =>
      edited(({ graph }) => {
        graph!.input.push({ ...graph!.input[0]!, name: 'other' });
        graph!.node[0]!.input[2] = 'other';
      }),
    'an input of one axis': () => onnx({ input: ['n'] }),
    'an input of six axes': () => onnx({ input: ['n', 1, 2, 3, 4, 5] }),
    'an input of gigapixels': () => onnx({ input: ['n', 1, 2 ** 20, 2 ** 20] }),
    'an input whose size overflows': () => onnx({ input: ['n', 3, 2 ** 40, 2 ** 40] }),
    'an input of seven channels and open sizes': () => onnx({ input: ['n', 'c', 'h', 'w'] }),
    'a cycle': () =>
      ending([
        { op: 'Add', inputs: ['active', 'b2'], outputs: ['b1'] },
        { op: 'Relu', inputs: ['b1'], outputs: ['b2'] },
        { op: 'Flatten', inputs: ['b2'], outputs: ['scores'] },
      ]),
    'a node that reads itself': () => ending([{ op: 'Add', inputs: ['active', 'scores'], outputs: ['scores'] }]),
    'a node that reads what nobody wrote': () => ending([{ op: 'Add', inputs: ['active', 'nobody'], outputs: ['scores'] }]),
    'two nodes with one output': () =>
      onnx({ nodes: [...ONNX.nodes, { op: 'Relu', inputs: ['image'], outputs: ['active'] }, ...ONNX.nodes.slice(-1)] }),
    'a node that overwrites the image': () => onnx({ nodes: [{ op: 'Relu', inputs: ['image'], outputs: ['image'] }, ...ONNX.nodes] }),
    'a node that overwrites a weight': () => onnx({ nodes: [{ op: 'Relu', inputs: ['w'], outputs: ['w'] }, ...ONNX.nodes] }),
    'two weights of one name': () => edited(({ graph }) => graph!.initializer.push(graph!.initializer[0]!)),
    'a node without inputs': () => ending([{ op: 'Gemm', inputs: [], outputs: ['scores'] }]),
    'a node without outputs': () => ending([{ op: 'Flatten', inputs: ['active'], outputs: [] }]),
    'an operator that nobody knows': () => ending([{ op: 'Frobnicate', inputs: ['active'], outputs: ['scores'] }]),
    'an operator named like a part of every object': () => ending([{ op: 'constructor', inputs: ['active'], outputs: ['scores'] }]),
    'an operator with NUL in its name': () => ending([{ op: 'Fo\0o', inputs: ['active'], outputs: ['scores'] }]),
    'an operator with half of a surrogate pair in its name': () => ending([{ op: 'Fo\ud800o', inputs: ['active'], outputs: ['scores'] }]),
    'an operator named __proto__': () => ending([{ op: '__proto__', inputs: ['active'], outputs: ['scores'] }]),
    'an operator of another domain': () => ending([{ op: 'FlashAttention', domain: 'com.evil', inputs: ['active'], outputs: ['scores'] }]),
    'an operator with a name of a megabyte': () => ending([{ op: 'x'.repeat(2 ** 20), inputs: ['active'], outputs: ['scores'] }]),
    'a value with a name of a megabyte': () => ending([{ op: 'Relu', inputs: ['x'.repeat(2 ** 20)], outputs: ['scores'] }]),
    'ten thousand operators that nobody knows': () =>
      ending(Array.from({ length: 10_000 }, (_, i) => ({ op: `Frobnicate${i}`, inputs: ['active'], outputs: [i ? `x${i}` : 'scores'] }))),
    'ten thousand nodes': () =>
      ending([
        { op: 'Flatten', inputs: ['active'], outputs: ['x0'] },
        ...Array.from({ length: 10_000 }, (_, i) => ({ op: 'Relu', inputs: [`x${i}`], outputs: [i < 9999 ? `x${i + 1}` : 'scores'] })),
      ]),
    'a branch': () => branch('If'),
    'a loop': () => branch('Loop'),
    'a function that calls itself': recursion,
    'an operator set of 2016': () => onnx({ opset: 1 }),
    'a negative operator set': () => onnx({ opset: -13 }),
    'a weight of a negative size': () => weight({ dims: [-8n, -3n], floatData: Array<number>(24).fill(1) }),
    'a weight whose size overflows': () => weight({ dims: [2n ** 62n, 2n ** 62n] }),
    'a weight of ten gigabytes': () => weight({ dims: [50_000n, 50_000n] }),
    'a weight of the greatest size': () => weight({ dims: [2n ** 63n - 1n] }),
    'a weight of no size': () => weight({ dims: [0n, 3n] }),
    'a weight with too few values': () => weight({ dims: [8n, 3n], floatData: [1, 2, 3] }),
    'a weight with too many values': () => weight({ dims: [8n, 3n], floatData: Array<number>(25).fill(1) }),
    'a weight with too few bytes': () => weight({ dims: [8n, 3n], rawData: new Uint8Array(95) }),
    'a weight of text': () => weight({ dims: [8n, 3n], dataType: DataType.STRING }),
    'a weight of complex numbers': () => weight({ dims: [8n, 3n], dataType: DataType.COMPLEX64, rawData: new Uint8Array(192) }),
    'a weight of no type': () => weight({ dims: [8n, 3n], dataType: 0, floatData: Array<number>(24).fill(1) }),
    'a weight of a type that is not yet': () => weight({ dims: [8n, 3n], dataType: 9999, floatData: Array<number>(24).fill(1) }),
    'a weight that is NaN': () => weight({ dims: [8n, 3n], floatData: [NaN, ...Array<number>(23).fill(1)] }),
    'a weight that is infinite': () => weight({ dims: [8n, 3n], floatData: [-Infinity, ...Array<number>(23).fill(1)] }),
    'a half that is NaN': () => onnx({ weights: { ...ONNX.weights, w: raw(DataType.FLOAT16, [8, 3], new Uint16Array(24).fill(0x7e00)) } }),
    'a half that is infinite': () =>
      onnx({ weights: { ...ONNX.weights, w: raw(DataType.BFLOAT16, [8, 3], new Uint16Array(24).fill(0x7f80)) } }),
    'a double that no float holds': () => weight({ dims: [8n, 3n], dataType: DataType.DOUBLE, doubleData: Array<number>(24).fill(1e300) }),
    'weights so large that scores are infinite': () => weight({ dims: [8n, 3n], floatData: Array<number>(24).fill(3e38) }),
    'a negative variance': () => onnx({ weights: { ...ONNX.weights, variance: floats([2], [-5, -5]) } }),
    'a sparse weight': () => edited(({ graph }) => graph!.sparseInitializer.push(create(SparseTensorProtoSchema, { dims: [8n, 3n] }))),
    'external data without a file': () => external({ location: 'nothing.bin' }),
    'external data without a name': () => external({}),
    'external data in the folder itself': () => external({ location: '.' }),
    'external data outside': () => external({ location: '../../../etc/passwd' }),
    'external data at an absolute path': () => external({ location: '/etc/passwd' }),
    'external data behind a backslash': () => external({ location: '..\\..\\etc\\passwd' }),
    'external data with a zero in its name': () => external({ location: 'weights.bin\0' }),
    'external data beyond the end': () => external({ location: 'weights.bin', offset: '4' }),
    'external data far beyond the end': () => external({ location: 'weights.bin', offset: '9007199254740992' }),
    'external data at a negative offset': () => external({ location: 'weights.bin', offset: '-4' }),
    'external data at no offset': () => external({ location: 'weights.bin', offset: 'first' }),
    'external data of another length': () => external({ location: 'weights.bin', length: '48' }),
    'external data of a file alone': () =>
      weight({ dims: [8n, 3n], dataLocation: Location.EXTERNAL, externalData: [{ key: 'location', value: 'weights.bin' }] }),
    'a kernel of other channels': () => convolution({}, floats([2, 5, 3, 3], Array<number>(90).fill(0.1))),
    'a kernel of two axes': () => convolution({}, floats([2, 9], Array<number>(18).fill(0.1))),
    'strides of nothing': () => convolution({ strides: [0, 0] }),
    'negative strides': () => convolution({ strides: [-2, -2] }),
    'one stride': () => convolution({ strides: [2] }),
    'strides in words': () => convolution({ strides: 'two' }),
    'padding of terapixels': () => convolution({ pads: [2 ** 40, 2 ** 40, 2 ** 40, 2 ** 40] }),
    'negative padding': () => convolution({ pads: [-9, -9, -9, -9] }),
    'a dilation of nothing': () => convolution({ dilations: [0, 0] }),
    'a dilation of gigapixels': () => convolution({ dilations: [2 ** 30, 2 ** 30] }),
    'no groups': () => convolution({ group: 0 }),
    'groups that do not divide': () => convolution({ group: 7 }),
    'a billion groups': () => convolution({ group: 1e9 }),
    'an unknown auto_pad': () => convolution({ auto_pad: 'SOMEHOW' }),
    'a window of nothing': () => one('MaxPool', { kernel_shape: [0, 0] }),
    'a window without a shape': () => one('MaxPool'),
    'a window larger than the image': () => one('AveragePool', { kernel_shape: [9, 9] }),
    'a window of gigapixels': () => one('AveragePool', { kernel_shape: [2 ** 31, 2 ** 31] }),
    'a reshape to another size': () => reshapeTo(-1, 7),
    'a reshape to a terabyte': () => reshapeTo(-1, 2 ** 40),
    'a reshape with two open sizes': () => reshapeTo(-1, -1),
    'a reshape to a negative size': () => reshapeTo(-1, -5),
    'a reshape by a shape that depends on pixels': () =>
      ending([
        { op: 'Cast', inputs: ['active'], outputs: ['to'], attributes: { to: 7 } },
        { op: 'Reshape', inputs: ['active', 'to'], outputs: ['scores'] },
      ]),
    'an expansion to a terabyte': () => one('Expand', {}, { shape: ints([1, 2 ** 20, 2 ** 20, 8]) }),
    'a tile of gigabytes': () => one('Tile', {}, { repeats: ints([1, 2 ** 15, 2 ** 15, 1]) }),
    'a padding of gigabytes': () => one('Pad', {}, { pads: ints([0, 0, 2 ** 30, 0, 0, 0, 2 ** 30, 0]) }),
    'a resize to gigabytes': () => one('Resize', {}, { roi: floats([0], []), scales: floats([4], [1, 1, 1e6, 1e6]) }),
    'a resize to nothing': () => one('Resize', {}, { roi: floats([0], []), scales: floats([4], [1, 1, 0, 0]) }),
    'a constant of a terabyte': () =>
      ending(
        [
          { op: 'ConstantOfShape', inputs: ['size'], outputs: ['big'] },
          { op: 'Add', inputs: ['active', 'big'], outputs: ['scores'] },
        ],
        { size: ints([2 ** 20, 2 ** 20]) },
      ),
    'a range of a trillion': () =>
      ending(
        [
          { op: 'Range', inputs: ['from', 'to', 'by'], outputs: ['big'] },
          { op: 'Add', inputs: ['active', 'big'], outputs: ['scores'] },
        ],
        { from: floats([], [0]), to: floats([], [1e12]), by: floats([], [1]) },
      ),
    'a range without an end': () =>
      ending(
        [
          { op: 'Range', inputs: ['from', 'to', 'by'], outputs: ['big'] },
          { op: 'Add', inputs: ['active', 'big'], outputs: ['scores'] },
        ],
        { from: floats([], [0]), to: floats([], [1]), by: floats([], [0]) },
      ),
    'a one-hot of a billion': () => one('OneHot', {}, { depth: ints([1e9]), values: floats([2], [0, 1]) }),
    'axes transposed twice': () => one('Transpose', { perm: [0, 1, 1, 3] }),
    'a softmax over axis nine': () => one('Softmax', { axis: 9 }),
    'a flattening at axis 99': () => one('Flatten', { axis: 99 }),
    'a concatenation on axis nine': () => one('Concat', { axis: 9 }, { other: floats([1, 1, 8, 8], Array<number>(64).fill(1)) }),
    'a concatenation of other sizes': () => one('Concat', { axis: 1 }, { other: floats([1, 1, 7, 7], Array<number>(49).fill(1)) }),
    'a gather beyond the end': () => one('Gather', { axis: 1 }, { index: ints([99]) }),
    'a slice that steps by nothing': () => one('Slice', {}, { starts: ints([0]), ends: ints([9]), axes: ints([2]), steps: ints([0]) }),
    'a split into other sizes': () => one('Split', { axis: 2 }, { split: ints([3, 3]) }),
    'a squeeze of what is not one': () => one('Squeeze', {}, { axes: ints([2]) }),
    'an unsqueeze of axis 99': () => one('Unsqueeze', {}, { axes: ints([99]) }),
    'matrices that do not fit': () =>
      ending(
        [
          { op: 'Flatten', inputs: ['active'], outputs: ['flat'] },
          { op: 'MatMul', inputs: ['flat', 'm'], outputs: ['scores'] },
        ],
        { m: floats([7, 3], Array<number>(21).fill(1)) },
      ),
    'shapes that do not broadcast': () => one('Add', {}, { other: floats([7], Array<number>(7).fill(1)) }),
    'a logarithm of negative numbers': () =>
      ending([
        { op: 'Neg', inputs: ['active'], outputs: ['m'] },
        { op: 'Log', inputs: ['m'], outputs: ['l'] },
        { op: 'Flatten', inputs: ['l'], outputs: ['scores'] },
      ]),
    'no class': () => onnx({ weights: { ...ONNX.weights, w: floats([8, 0], []), b: floats([0], []) } }),
    'scores that are a picture': () => onnx({ nodes: ONNX.nodes.slice(0, 3), outputs: { active: DataType.FLOAT } }),
  }),
];
