/** LayersModels and GraphModels that are damaged, impossible, or ask for too much. @module */
import { numbers, text } from '../compute/graph-files.js';
import { zipOf, type Files } from '../server/support/upload.js';
import { graphFiles, layersModel, type GraphJson, type LayersJson } from './valid.js';
import { named, seeded, type BadFile } from './types.js';

type LayerConfig = Record<string, unknown>;

const layers = (change: (model: LayersJson) => void, files: Files = {}) => zipOf(layersModel(change, files));

/** The configuration of one layer changed: 0 is the convolution, 1 the flattening, 2 the dense one. */
const layer = (index: number, config: LayerConfig, className?: string) =>
  layers(({ modelTopology }) => {
    const changed = modelTopology.config.layers[index]!;
    Object.assign(changed.config, config);
    if (className) changed.class_name = className;
  });

/** A layer put in front of the last. */
const inserted = (class_name: string, config: LayerConfig) =>
  layers(({ modelTopology }) => modelTopology.config.layers.splice(1, 0, { class_name, config: { name: 'inserted', ...config } }));

const manifest = (change: (group: LayersJson['weightsManifest'][number]) => void, files: Files = {}) =>
  layers(({ weightsManifest }) => change(weightsManifest[0]!), files);

const shard = (fill: (values: Float32Array) => void) => {
  const values = new Float32Array(layersModel()['weights.bin']!.slice().buffer);
  fill(values);
  return zipOf(layersModel(() => {}, { 'weights.bin': new Uint8Array(values.buffer) }));
};

const modelJson = (content: string | Uint8Array) => zipOf({ ...layersModel(), 'model.json': Buffer.from(content) });

const goodJson = () => Buffer.from(layersModel()['model.json']!).toString();

/** A functional model of the good layers, with other connections. */
const functional = (inbound: Readonly<Record<string, unknown>>) =>
  layers(({ modelTopology }) => {
    const [conv, flatten, dense] = modelTopology.config.layers;
    const input = { class_name: 'InputLayer', config: { name: 'image', batch_input_shape: [null, 8, 8, 1] } };
    const from: Record<string, unknown> = {
      image: [],
      conv: [[['image', 0, 0, {}]]],
      flatten: [[['conv', 0, 0, {}]]],
      dense: [[['flatten', 0, 0, {}]]],
    };
    const connected = [input, conv!, flatten!, dense!].map((each) => {
      const name = each.config['name'] as string;
      return { ...each, name, inbound_nodes: name in inbound ? inbound[name] : from[name] };
    });
    Object.assign(modelTopology, {
      class_name: 'Model',
      config: {
        name: 'net',
        layers: connected,
        input_layers: [['image', 0, 0]],
        output_layers: inbound['output_layers'] ?? [['dense', 0, 0]],
      },
    });
  });

const graph = (change: (model: GraphJson) => void, files: Files = {}) => zipOf(graphFiles(change, files));

/** A node of the GraphModel changed. */
const node = (name: string, change: { op?: string; input?: string[]; attr?: Record<string, unknown>; name?: string }) =>
  graph(({ modelTopology }) => {
    const found = modelTopology.node.find((candidate) => candidate.name === name)!;
    Object.assign(found, { ...change, attr: { ...found.attr, ...change.attr } });
  });

const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);

const cutJson = (name: string, files: () => Files) =>
  seeded(6, `${name} with a model.json cut off`, (integer) => {
    const whole = files()['model.json']!;
    return zipOf({ ...files(), 'model.json': whole.subarray(0, integer(whole.length)) });
  });

/** Single characters of what JSON is made of replaced by others. */
const editedJson = (name: string, files: () => Files) =>
  seeded(8, `${name} with characters of model.json replaced`, (integer) => {
    const copy = Buffer.from(files()['model.json']!);
    for (let i = 0; i < 12; i++) copy.write('{}[]",:0-e'[integer(10)]!, integer(copy.length));
    return zipOf({ ...files(), 'model.json': copy });
  });

const layersModels: readonly BadFile[] = [
  ...cutJson('a LayersModel', layersModel),
  ...editedJson('a LayersModel', layersModel),
  ...named({
    'a model.json of brackets': () => modelJson(nested('[', ']', 200_000)),
    'a model.json of objects in objects': () => modelJson(nested('{"a":', '}', 100_000).replace(':}', ':1}')),
    'a number of units in fifty thousand brackets': () => modelJson(goodJson().replace('"units":3', `"units":${nested('[', ']', 50_000)}`)),
    'a model.json that is a number': () => modelJson('5'),
    'a model.json that is null': () => modelJson('null'),
    'a model.json that is a list': () => modelJson('[]'),
    'a model.json in UTF-16': () => modelJson(Buffer.from(goodJson(), 'utf16le')),
    'a model.json with a polluted prototype': () =>
      modelJson('{"__proto__": {"format": "layers-model"}, "modelTopology": {"__proto__": {}}, "weightsManifest": []}'),
    'no topology': () => layers((model) => Object.assign(model, { modelTopology: undefined })),
    'a topology that is a text': () => layers((model) => Object.assign(model, { modelTopology: 'Sequential' })),
    'no layers': () => layers(({ modelTopology }) => (modelTopology.config.layers = [])),
    'layers that are no list': () => layers(({ modelTopology }) => Object.assign(modelTopology.config, { layers: 'many' })),
    'layers that are null': () => layers(({ modelTopology }) => Object.assign(modelTopology.config, { layers: [null, null] })),
    'a layer without a class': () =>
      layers(({ modelTopology }) => Object.assign(modelTopology.config.layers[1]!, { class_name: undefined })),
    'a layer without a configuration': () =>
      layers(({ modelTopology }) => Object.assign(modelTopology.config.layers[1]!, { config: undefined })),
    'a layer of code': () => layer(1, { function: ['4wEAAAAA', null, null] }, 'Lambda'),
    'a layer named like a part of every object': () => layer(1, {}, 'constructor'),
    'a layer of the class __proto__': () => layer(1, {}, '__proto__'),
    'two layers of one name': () => layer(2, { name: 'conv' }),
    'an activation that nobody knows': () => layer(0, { activation: 'wobble' }),
    'an activation that is an object': () => layer(0, { activation: { class_name: 'Evil', config: {} } }),
    'a regularizer that nobody knows': () => layer(0, { kernel_regularizer: { class_name: 'Evil', config: {} } }),
    'an initializer that nobody knows': () => layer(0, { kernel_initializer: { class_name: 'Evil', config: {} } }),
    'a constraint that nobody knows': () => layer(0, { kernel_constraint: { class_name: 'Evil', config: {} } }),
    'no input shape': () => layer(0, { batch_input_shape: undefined }),
    'an input shape of text': () => layer(0, { batch_input_shape: [null, 'eight', 8, 1] }),
    'a negative input shape': () => layer(0, { batch_input_shape: [null, -8, -8, 1] }),
    'an input of gigapixels': () => layer(0, { batch_input_shape: [null, 2 ** 20, 2 ** 20, 1] }),
    'an input of a fraction of a pixel': () => layer(0, { batch_input_shape: [null, 8.5, 8, 1] }),
    'an input of nine axes': () => layer(0, { batch_input_shape: [null, 1, 2, 3, 4, 5, 6, 7, 8] }),
    'no filters': () => layer(0, { filters: 0 }),
    'a negative number of filters': () => layer(0, { filters: -2 }),
    'filters by the trillion': () => layer(0, { filters: 1e12 }),
    'a kernel of nothing': () => layer(0, { kernel_size: [0, 0] }),
    'a kernel of text': () => layer(0, { kernel_size: 'large' }),
    'strides of nothing': () => layer(0, { strides: [0, 0] }),
    'negative strides': () => layer(0, { strides: [-2, -2] }),
    'a padding that nobody knows': () => layer(0, { padding: 'somehow' }),
    'channels in an order that nobody knows': () => layer(0, { data_format: 'channels_somewhere' }),
    'a negative dilation': () => layer(0, { dilation_rate: [-1, -1] }),
    'strides and dilation at once': () => layer(0, { dilation_rate: [3, 3] }),
    'units by the trillion': () => layer(2, { units: 1e12 }),
    'no units': () => layer(2, { units: 0 }),
    'half a unit': () => layer(2, { units: 2.5 }),
    'units in words': () => layer(2, { units: 'three' }),
    'units beyond all numbers': () => modelJson(goodJson().replace('"units":3', '"units":1e999')),
    'a layer that multiplies its size by a billion': () => inserted('UpSampling2D', { size: [30_000, 30_000] }),
    'a padding of gigapixels': () =>
      inserted('ZeroPadding2D', {
        padding: [
          [1e6, 1e6],
          [1e6, 1e6],
        ],
      }),
    'a negative padding': () =>
      inserted('ZeroPadding2D', {
        padding: [
          [-9, -9],
          [-9, -9],
        ],
      }),
    'a cropping of everything': () =>
      inserted('Cropping2D', {
        cropping: [
          [9, 9],
          [9, 9],
        ],
      }),
    'a vector repeated a billion times': () => inserted('RepeatVector', { n: 1e9 }),
    'a reshape to another size': () => inserted('Reshape', { target_shape: [7, 7] }),
    'a permutation of axes that are not there': () => inserted('Permute', { dims: [7, 8, 9] }),
    'a window of nothing': () => inserted('MaxPooling2D', { pool_size: [0, 0] }),
    'a normalization of axis nine': () => inserted('BatchNormalization', { axis: 9 }),
    'an embedding of pixels': () => inserted('Embedding', { input_dim: 1e9, output_dim: 1e9 }),
    'a recurrent layer on a picture': () => inserted('LSTM', { units: 5 }),
    'a wrapper around nothing': () => inserted('TimeDistributed', {}),
    'a model inside that is empty': () => inserted('Sequential', { layers: [] }),
    'connections in a circle': () => functional({ conv: [[['flatten', 0, 0, {}]]] }),
    'a layer that is connected to itself': () => functional({ flatten: [[['flatten', 0, 0, {}]]] }),
    'a connection from nothing': () => functional({ flatten: [[['nothing', 0, 0, {}]]] }),
    'a connection from a node that is not there': () => functional({ flatten: [[['conv', 7, 3, {}]]] }),
    'connections in words': () => functional({ flatten: 'conv' }),
    'an output that is no layer': () => functional({ output_layers: [['nothing', 0, 0]] }),
    'two outputs': () =>
      functional({
        output_layers: [
          ['dense', 0, 0],
          ['conv', 0, 0],
        ],
      }),
    'no outputs': () => functional({ output_layers: [] }),
    'a weight of a negative size': () => manifest(({ weights }) => (weights[0]!.shape = [-3, -3, 1, 2])),
    'a weight of half a size': () => manifest(({ weights }) => (weights[0]!.shape = [1.5, 12])),
    'a weight of text': () => manifest(({ weights }) => (weights[0]!.dtype = 'string')),
    'a weight of complex numbers': () => manifest(({ weights }) => (weights[0]!.dtype = 'complex64')),
    'a weight of a type that is a part of every object': () => manifest(({ weights }) => (weights[0]!.dtype = 'constructor')),
    'a weight named __proto__': () => manifest(({ weights }) => (weights[0]!.name = '__proto__')),
    'ten gigabytes of weights': () => manifest(({ weights }) => (weights[0]!.shape = [50_000, 50_000])),
    'weights whose size overflows': () => manifest(({ weights }) => (weights[0]!.shape = Array<number>(40).fill(2 ** 40))),
    'two weights of one name': () => manifest(({ weights }) => (weights[1]!.name = weights[0]!.name)),
    'a weight too few': () => manifest(({ weights }) => weights.pop()),
    'a weight too many': () => manifest(({ weights }) => weights.push({ name: 'more', shape: [0], dtype: 'float32' })),
    'quantization by NaN': () => manifest(({ weights }) => (weights[0]!.quantization = { dtype: 'uint8', scale: 'NaN', min: 0 })),
    'quantization to a type that nobody knows': () =>
      manifest(({ weights }) => (weights[0]!.quantization = { dtype: 'int1', scale: 1, min: 0 })),
    'quantization without a scale': () =>
      manifest(({ weights }) =>
        weights.splice(0, 4, { name: 'conv/kernel', shape: [476], dtype: 'float32', quantization: { dtype: 'uint8' } }),
      ),
    'a shard that is missing': () => manifest((group) => (group.paths = ['nothing.bin'])),
    'a shard twice': () => manifest((group) => group.paths.push('weights.bin')),
    'a shard at an absolute path': () => manifest((group) => (group.paths = ['/etc/passwd'])),
    'a shard outside': () => manifest((group) => (group.paths = ['../../../etc/passwd'])),
    'a shard that is a folder': () => manifest((group) => (group.paths = ['.'])),
    'a shard on another machine': () => manifest((group) => (group.paths = ['https://example.org/weights.bin'])),
    'a shard named like a device': () => manifest((group) => (group.paths = ['/dev/zero'])),
    'no shards': () => manifest((group) => (group.paths = [])),
    'a shard cut short': () => manifest(() => {}, { 'weights.bin': new Uint8Array(100) }),
    'a shard that is empty': () => manifest(() => {}, { 'weights.bin': new Uint8Array() }),
    'a shard of one byte more': () => manifest(() => {}, { 'weights.bin': new Uint8Array(477) }),
    'a weight that is NaN': () => shard((values) => (values[5] = NaN)),
    'a weight that is infinite': () => shard((values) => (values[50] = Infinity)),
    'weights so large that scores are infinite': () => shard((values) => values.fill(3e38)),
  }),
];

const graphModels: readonly BadFile[] = [
  ...cutJson('a GraphModel', graphFiles),
  ...editedJson('a GraphModel', graphFiles),
  ...named({
    'a GraphModel without nodes': () => graph(({ modelTopology }) => (modelTopology.node = [])),
    'a GraphModel without an input': () => graph(({ modelTopology }) => modelTopology.node.shift()),
    'a GraphModel with two inputs': () => graph(({ modelTopology: { node: nodes } }) => nodes.push({ ...nodes[0]!, name: 'other' })),
    'a GraphModel in a circle': () => node('conv', { input: ['flat', 'kernel'] }),
    'a GraphModel with a node that reads itself': () => node('active', { input: ['active'] }),
    'a GraphModel with a node that reads what nobody wrote': () => node('active', { input: ['nobody'] }),
    'a GraphModel with an output beyond the last': () => node('active', { input: ['conv:999'] }),
    'a GraphModel with a node without inputs': () => node('active', { input: [] }),
    'a GraphModel with two nodes of one name': () => node('conv', { name: 'active' }),
    'a GraphModel with a node without a name': () => node('conv', { name: '' }),
    'a GraphModel with an operator that nobody knows': () => node('active', { op: 'Frobnicate' }),
    'a GraphModel with an operator named like a part of every object': () => node('active', { op: 'toString' }),
    'a GraphModel with an operator that reads files': () => node('active', { op: 'ReadFile' }),
    'a GraphModel with a loop': () => node('active', { op: 'While', attr: { body: { func: { name: 'f' } } } }),
    'a GraphModel with a switch': () => node('active', { op: 'Switch' }),
    'a GraphModel with a function that calls itself': () =>
      graph(({ modelTopology }) => {
        modelTopology.library = { function: [{ signature: { name: 'f' }, nodeDef: [{ name: 'x', op: 'f', input: [] }] }] };
        Object.assign(
          modelTopology.node.find(({ name }) => name === 'active')!,
          { op: 'f' },
        );
      }),
    'a GraphModel with strides of nothing': () => node('conv', { attr: { strides: numbers(1, 0, 0, 1) } }),
    'a GraphModel with negative strides': () => node('conv', { attr: { strides: numbers(1, -2, -2, 1) } }),
    'a GraphModel without strides': () => node('conv', { attr: { strides: {} } }),
    'a GraphModel with strides over images': () => node('conv', { attr: { strides: numbers(2, 2, 2, 2) } }),
    'a GraphModel with strides in words': () => node('conv', { attr: { strides: { list: { i: ['two'] } } } }),
    'a GraphModel with a padding that nobody knows': () => node('conv', { attr: { padding: text('SOMEHOW') } }),
    'a GraphModel with channels in an order that nobody knows': () => node('conv', { attr: { data_format: text('CHWN') } }),
    'a GraphModel with attributes that are lists': () => node('conv', { attr: { strides: [1, 2] as unknown as object } }),
    'a GraphModel with a huge dilation': () =>
      node('conv', { attr: { strides: numbers(1, 1, 1, 1), dilations: numbers(1, 2 ** 30, 2 ** 30, 1) } }),
    'a GraphModel with an input of no shape': () => node('image', { attr: { shape: { shape: { unknownRank: true } } } }),
    'a GraphModel with an input of one axis': () => node('image', { attr: { shape: { shape: { dim: [{ size: '-1' }] } } } }),
    'a GraphModel with an input of gigapixels': () =>
      node('image', { attr: { shape: { shape: { dim: ['-1', '1048576', '1048576', '1'].map((size) => ({ size })) } } } }),
    'a GraphModel with an input of another shape': () =>
      node('image', { attr: { shape: { shape: { dim: ['-1', '9', '9', '1'].map((size) => ({ size })) } } } }),
    'a GraphModel with a kernel of two axes': () => graph(({ weightsManifest: [group] }) => (group!.weights[0]!.shape = [9, 2])),
    'a GraphModel with a weight of a terabyte': () =>
      graph(({ weightsManifest: [group] }) => (group!.weights[2]!.shape = [2 ** 20, 2 ** 20])),
    'a GraphModel with matrices that do not fit': () => graph(({ weightsManifest: [group] }) => (group!.weights[2]!.shape = [16, 6])),
    'a GraphModel with a reshape by pixels': () => node('flat', { input: ['active', 'active'] }),
    'a GraphModel with weights that are missing': () =>
      graph(({ weightsManifest: [group] }) => (group!.weights = group!.weights.slice(0, 2)), {
        'group1-shard1of1.bin': new Uint8Array(80),
      }),
    'a GraphModel with weights of the wrong type': () => graph(({ weightsManifest: [group] }) => (group!.weights[1]!.dtype = 'bool')),
    'a GraphModel with a shape that is a fraction': () => graph(({ weightsManifest: [group] }) => (group!.weights[1]!.dtype = 'float32')),
    'a GraphModel without a manifest': () => graph((model) => Object.assign(model, { weightsManifest: undefined })),
    'a GraphModel whose output is nowhere': () => graph((model) => (model.signature = { outputs: { scores: { name: 'nowhere' } } })),
    'a GraphModel whose format is a number': () => graph((model) => (model.format = 5)),
    'a GraphModel with weights that are NaN': () =>
      graph(() => {}, { 'group1-shard1of1.bin': new Uint8Array(4 * (18 + 2 + 96)).fill(0xff) }),
    'a GraphModel whose topology is a list': () => graph((model) => Object.assign(model, { modelTopology: [] })),
    'a GraphModel with ten thousand nodes': () =>
      graph(({ modelTopology: { node: nodes } }) => {
        for (let i = 0; i < 10_000; i++) nodes.push({ name: `x${i}`, op: 'Relu', input: [i ? `x${i - 1}` : 'scores'] });
      }),
  }),
];

export const tensorflowJsFiles = [...layersModels, ...graphModels];
