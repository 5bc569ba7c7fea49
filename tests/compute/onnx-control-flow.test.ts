/** ONNX files with functions of their own, branches and loops: they compute what onnxruntime does, with gradients, and can be trained and written again. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ComputeService } from '../../src/compute/host/service.js';
import { loadModel } from '../../src/compute/models/load.js';
import { ENGINE_UNDER_TEST } from '../test-engine.js';
import { failure, refusal, temporaryDirectory } from './fixtures.js';
import { DataType, floats, type GraphSpec, ints, type NodeSpec, writeOnnx } from './onnx-files.js';

const root = await temporaryDirectory();
const compute = new ComputeService({ engine: { engine: ENGINE_UNDER_TEST, threads: 1, microBatch: 2 } });
afterAll(() => compute.close());

let count = 0;
const written = (graph: GraphSpec) => writeOnnx(join(root, String(count++)), graph);

const SINES = floats(
  [16, 3],
  Array.from({ length: 48 }, (_, i) => Math.sin(i)),
);
const FLATTEN: NodeSpec = { op: 'Flatten', inputs: ['image'], outputs: ['flat'] };
const PRODUCT: NodeSpec = { op: 'MatMul', inputs: ['h', 'w'], outputs: ['scores'] };

const network = (nodes: readonly NodeSpec[], rest: Partial<GraphSpec> = {}): GraphSpec => ({
  input: ['n', 4, 4, 1],
  nodes: [FLATTEN, ...nodes, PRODUCT],
  ...rest,
  weights: { w: SINES, ...rest.weights },
});

const relu = (input: string, output: string): NodeSpec => ({ op: 'Relu', inputs: [input], outputs: [output] });

/** Whether the image has four rows: shape arithmetic. */
const HAS_FOUR_ROWS: readonly NodeSpec[] = [
  { op: 'Shape', inputs: ['image'], outputs: ['shape'] },
  { op: 'Gather', inputs: ['shape', 'one'], outputs: ['rows'] },
  { op: 'Equal', inputs: ['rows', 'four'], outputs: ['isFour'] },
];
const SHAPE_WEIGHTS = { one: ints([1]), four: ints([4]) };

function branch(condition: string): NodeSpec {
  return {
    op: 'If',
    inputs: [condition],
    outputs: ['h'],
    attributes: {
      then_branch: {
        graph: {
          outputs: { a: DataType.FLOAT },
          nodes: [{ op: 'Mul', inputs: ['flat', 'factors'], outputs: ['scaled'] }, relu('scaled', 'a')],
          weights: { factors: floats([16], [1, -2, 3, -4, 1, -2, 3, -4, 1, -2, 3, -4, 1, -2, 3, -4]) },
        },
      },
      else_branch: { graph: { outputs: { b: DataType.FLOAT }, nodes: [{ op: 'Neg', inputs: ['flat'], outputs: ['b'] }] } },
    },
  };
}

/** `h = relu(h · step)`, three times. */
const LOOP: NodeSpec = {
  op: 'Loop',
  inputs: ['three', '', 'flat'],
  outputs: ['h'],
  attributes: {
    body: {
      graph: {
        inputs: { round: DataType.INT64, before: DataType.BOOL, state: DataType.FLOAT },
        outputs: { after: DataType.BOOL, next: DataType.FLOAT },
        nodes: [
          { op: 'Identity', inputs: ['before'], outputs: ['after'] },
          { op: 'Cast', inputs: ['round'], outputs: ['number'], attributes: { to: DataType.FLOAT } },
          { op: 'Add', inputs: ['state', 'number'], outputs: ['moved'] },
          relu('moved', 'next'),
        ],
      },
    },
  },
};

const SCALED_RELU = {
  name: 'scaled_relu',
  domain: 'custom.lib',
  inputs: ['x', 'factor'],
  outputs: ['y'],
  attributes: ['axis'],
  nodes: [
    { op: 'Softmax', inputs: ['x'], outputs: ['shares'], attributes: { axis: { reference: 'axis' } } },
    { op: 'Mul', inputs: ['shares', 'factor'], outputs: ['scaled'] },
    relu('scaled', 'y'),
  ],
};
const call = (input: string, output: string, op = 'scaled_relu'): NodeSpec => ({
  op,
  domain: 'custom.lib',
  inputs: [input, 'factor'],
  outputs: [output],
  attributes: { axis: 1 },
});
/** Calls the other function twice. */
const TWICE = {
  ...SCALED_RELU,
  name: 'twice',
  nodes: [call('x', 'once'), call('once', 'y')].map((node) => ({ ...node, attributes: { axis: { reference: 'axis' } } })),
};
const FACTOR = { factor: floats([1], [5]) };

describe('an import', () => {
  it.each<[string, GraphSpec]>([
    ['functions', network([call('flat', 'first'), call('first', 'h')], { functions: [SCALED_RELU], weights: FACTOR })],
    ['functions that call functions', network([call('flat', 'h', 'twice')], { functions: [SCALED_RELU, TWICE], weights: FACTOR })],
    ['branches on a shape', network([...HAS_FOUR_ROWS, branch('isFour')], { weights: SHAPE_WEIGHTS })],
    ['the other branch', network([...HAS_FOUR_ROWS, branch('isFour')], { weights: { ...SHAPE_WEIGHTS, four: ints([5]) } })],
    ['loops of known length', network([LOOP], { weights: { three: ints([3]) } })],
  ])('has the scores of onnxruntime: %s', async (_, graph) => {
    const directory = await written(graph);
    const card = await compute.inspectModel({ directory });
    expect(card.forwardDifference).toBeLessThanOrEqual(1e-6);
    expect(card.gradientsHealthy).toBe(true);
    expect(Object.keys(card.operations)).not.toContain('If');
    // The weights of branches and functions are found where the file is written again.
    const model = await loadModel({ directory });
    await model.save(model.variables, join(root, 'saved'));
    const saved = await loadModel({ directory: join(root, 'saved') });
    expect(Object.keys(saved.variables).sort()).toEqual(Object.keys(model.variables).sort());
    const again = await compute.inspectModel({ directory: join(root, 'saved') });
    expect(again.forwardDifference).toBeLessThanOrEqual(1e-6);
    expect((await readFile(join(root, 'saved', 'model.onnx'))).length).toBeGreaterThan(0);
  });

  it.each<[string, GraphSpec, Parameters<typeof refusal>]>([
    [
      'a branch that depends on the pixels',
      network([
        { op: 'ReduceMax', inputs: ['flat'], outputs: ['most'] },
        { op: 'Cast', inputs: ['most'], outputs: ['isLight'], attributes: { to: DataType.BOOL } },
        branch('isLight'),
      ]),
      ['UNSUPPORTED_OPERATION', /If_3 \(If\): its condition isLight depends on the pixels of the image.*as a black box/],
    ],
    ['a loop of a billion rounds', network([LOOP], { weights: { three: ints([1e9]) } }), ['LIMIT_EXCEEDED', /With its loops written out/]],
    [
      'a function that calls itself',
      network([call('flat', 'h', 'twice')], {
        functions: [{ ...TWICE, nodes: [{ ...TWICE.nodes[0]!, op: 'twice', outputs: ['y'] }] }],
        weights: FACTOR,
      }),
      ['INVALID_MODEL', /The function twice calls itself/],
    ],
    [
      'functions that stand for a million nodes',
      network([call('flat', 'h', 'f20')], {
        functions: Array.from({ length: 20 }, (_, i) => ({
          ...TWICE,
          name: `f${i + 1}`,
          nodes: [call('x', 'once', `f${i}`), call('once', 'y', `f${i}`)],
        })),
        weights: FACTOR,
      }),
      ['LIMIT_EXCEEDED', /With its functions written out/],
    ],
    [
      'functions of another operator set',
      network([call('flat', 'h')], { functions: [{ ...SCALED_RELU, opset: 11 }], weights: FACTOR }),
      ['UNSUPPORTED_OPERATION', /scaled_relu is of operator set 11 in a file of operator set 13/],
    ],
  ])('refuses %s', async (_, graph, [code, message]) => {
    expect(await failure(loadModel({ directory: await written(graph) }))).toMatchObject(refusal(code, message));
  });
});
