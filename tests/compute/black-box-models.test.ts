import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { create } from '@bufbuild/protobuf';
import { TensorProto_DataLocation, TensorProtoSchema } from 'onnx-buf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../src/compute/data/registry.js';
import { testEngine } from '../test-engine.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';
import { evaluateShard } from '../../src/compute/evaluation/attack.js';
import { argmaxRows } from '../../src/compute/tensors/scores.js';
import { fromStored } from '../../src/compute/distances/stored-image.js';
import { DEFAULT_REMOTE_POLICY } from '../../src/compute/models/black-box/remote/endpoint.js';
import { guardedLookup, isAllowed } from '../../src/compute/models/black-box/remote/addresses.js';
import { plainMessage } from '../../src/compute/models/black-box/onnxruntime/session.js';
import { dryRun } from '../../src/compute/models/dry-run.js';
import { noiseImages } from '../../src/compute/models/trial-images.js';
import { isBlackBox, predict } from '../../src/compute/models/functions.js';
import { openModel } from '../../src/compute/models/open.js';
import { DEFAULT_MODEL_LIMITS, type DifferentiableModel, type ModelAccess, type ModelSpec } from '../../src/compute/models/types.js';
import { growTree, sharesOf, treeFile, type Tree } from './decision-tree.js';
import { DataType, encode, writeOnnx } from './onnx-files.js';

const engine = await testEngine();
const dataset = await openDataset({ format: 'mnist', split: 'test' });
const folder = await mkdtemp(join(tmpdir(), 'gauntlet-black-box-'));
afterAll(async () => {
  await Promise.all([engine.dispose(), dataset.close(), rm(folder, { recursive: true })]);
});

let tree: Tree;
let images: HostTensor;
beforeAll(async () => {
  tree = await growTree(await openDataset({ format: 'mnist', split: 'train' }), 1500, 7);
  const read = await dataset.read(0, 70);
  images = fromStored(read.images, [70, 28, 28, 1]);
});

const GREY: Partial<ModelSpec> = { inputShape: [28, 28, 1] };
const options = { engine, limits: DEFAULT_MODEL_LIMITS, remote: DEFAULT_REMOTE_POLICY };
const open = (directory: string, access: ModelAccess, spec: Partial<ModelSpec> = {}) => openModel({ directory, access, spec }, options);

let files = 0;
async function openFile(file: Uint8Array, access: ModelAccess, spec: Partial<ModelSpec> = GREY) {
  return open(await writeOnnx(join(folder, String(++files)), file), access, spec);
}

const treeShares = () =>
  Array.from({ length: 70 }, (_, i) => sharesOf(tree, images.data.subarray(i * 784, (i + 1) * 784) as Float32Array)).flat();

describe('a file that onnxruntime runs', () => {
  it('is refused where gradients are required, with a message that says what to do', async () => {
    await expect(dryRun(engine, await openFile(treeFile(tree), 'GRADIENT'))).rejects.toMatchObject({
      code: 'UNSUPPORTED_OPERATION',
      message: expect.stringMatching(/TreeEnsembleClassifier.*access SCORE or DECISION/),
    });
  });

  it.each(['n', 1, 8] as const)('returns its scores with a batch of %s', async (batch) => {
    const model = await openFile(treeFile(tree, batch), 'SCORE');
    expect(model).toMatchObject({ access: 'SCORE', output: 'PROBABILITIES', spec: { classCount: 10 } });
    const { data } = await predict(engine, model, images);
    const expected = treeShares();
    expect(Math.max(...data.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-6);
  });

  it('returns only the predicted class with access DECISION', async () => {
    const shares: HostTensor = { dtype: 'float32', shape: [70, 10], data: Float32Array.from(treeShares()) };
    const labels = argmaxRows(shares);
    const onlyLabels = { ...GREY, classCount: 10 };
    for (const model of [
      await openFile(treeFile(tree), 'DECISION'),
      await openFile(treeFile(tree, 'n', ['label']), 'DECISION', onlyLabels),
    ]) {
      const scores = await predict(engine, model, images);
      expect(model).toMatchObject({ access: 'DECISION', output: 'LABELS' });
      expect(argmaxRows(scores)).toEqual(labels);
      expect(Array.from(scores.data).filter((value) => value !== 0)).toEqual(new Array(70).fill(1));
    }
    await expect(openFile(treeFile(tree, 'n', ['label']), 'DECISION')).rejects.toMatchObject({
      message: expect.stringContaining('classCount'),
    });
    await expect(openFile(treeFile(tree, 'n', ['label']), 'SCORE', onlyLabels)).rejects.toMatchObject({
      code: 'INVALID_MODEL',
      message: expect.stringContaining('access DECISION'),
    });
  });

  it.each(['resnet', 'lenet-fixed-batch', 'convnext'])(
    'returns the scores of %s that the imported model returns, including preprocessing',
    async (name) => {
      const directory = await mkdtemp(join(folder, 'fixture-'));
      await copyFile(`tests/fixtures/onnx/${name}.onnx`, join(directory, 'model.onnx'));
      const plain = await open(directory, 'GRADIENT');
      const channels = plain.spec.inputShape[2];
      const spec: Partial<ModelSpec> = {
        valueRange: [0, 255],
        channelOrder: 'BGR',
        mean: Array.from({ length: channels }, (_, i) => 100 + 10 * i),
        std: Array.from({ length: channels }, (_, i) => 50 + 5 * i),
      };
      const [imported, asIs] = [await open(directory, 'GRADIENT', spec), await open(directory, 'SCORE', spec)];
      const noise = noiseImages(imported.spec.inputShape, 3);
      const [expected, found] = [await predict(engine, imported, noise), await predict(engine, asIs, noise)];
      // An import takes a final softmax away; what is left of the difference is the same for every class.
      const logits = asIs.output === 'LOGITS' ? found.data : found.data.map(Math.log);
      const differences = (scores: HostTensor['data']) => Array.from(scores, (score, i) => score - scores[i - (i % expected.shape[1]!)]!);
      const wanted = differences(expected.data);
      const far = differences(logits).map((value, i) => Math.abs(value - wanted[i]!));
      expect(Math.max(...far)).toBeLessThan(1e-4 * Math.max(...wanted.map(Math.abs)));
      expect(isBlackBox(asIs)).toBe(true);
    },
  );

  it('reads no file outside of its folder, and nothing that onnxruntime would refuse', async () => {
    const secret = create(TensorProtoSchema, {
      dims: [784n, 10n],
      dataType: DataType.FLOAT,
      dataLocation: TensorProto_DataLocation.EXTERNAL,
      externalData: [{ key: 'location', value: '../../etc/passwd' }],
    });
    const gemm = { op: 'Gemm', inputs: ['image', 'w'], outputs: ['scores'] };
    await expect(openFile(encode({ input: ['n', 784], nodes: [gemm], weights: { w: secret } }), 'SCORE')).rejects.toMatchObject({
      code: 'INVALID_MODEL',
    });
    const unknown = { op: 'Nonsense', inputs: ['image'], outputs: ['scores'] };
    await expect(openFile(encode({ input: ['n', 784], nodes: [unknown] }), 'SCORE')).rejects.toMatchObject({
      code: 'INVALID_MODEL',
      message: expect.stringMatching(/onnxruntime cannot load/),
    });
    await expect(openFile(treeFile(tree), 'SCORE', { ...GREY, classCount: 7 })).rejects.toMatchObject({ code: 'INVALID_MODEL' });
  });

  it('is attacked like the same network with gradients', async () => {
    const attacked = async (access: ModelAccess, kind: string, parameters: object) => {
      const model = await open('assets/models/mnist-baseline', access);
      const attack = { kind, parameters: parameters as Record<string, number> };
      return evaluateShard({ engine, model, dataset, attack, seed: 3, offset: 0, count: 12, keepImages: true });
    };
    for (const [access, kind, parameters] of [
      ['SCORE', 'SQUARE_LINF', { epsilon: 0.3, queries: 100 }],
      ['DECISION', 'BOUNDARY', { queries: 120 }],
    ] as const) {
      const [open, closed] = [await attacked('GRADIENT', kind, parameters), await attacked(access, kind, parameters)];
      expect(closed.images).toEqual(open.images);
      expect(closed.queries).toEqual(open.queries);
      expect(closed.diagnostics).toMatchObject({ sampled: 2, differentiated: 0 });
    }
    await expect(attacked('SCORE', 'FGSM', { epsilon: 0.1 })).rejects.toMatchObject({
      code: 'INVALID_ATTACK',
      message: expect.stringMatching(/FGSM needs gradients, and the model gives scores at most.*SQUARE_LINF/),
    });
    await expect(attacked('DECISION', 'SQUARE_LINF', { epsilon: 0.1 })).rejects.toMatchObject({ code: 'INVALID_ATTACK' });
    await expect(attacked('DECISION', 'BOUNDARY', { target: 'LEAST_LIKELY' })).rejects.toMatchObject({ path: ['target'] });
  });
});

describe('a network without any gradient', () => {
  it('is reported as such', async () => {
    const baseline = (await open('assets/models/mnist-baseline', 'GRADIENT')) as DifferentiableModel;
    const strided: DifferentiableModel = {
      ...baseline,
      fingerprint: 'strided',
      apply: (variables, x) => baseline.apply(variables, tf.stridedSlice(x, [0, 0, 0, 0], x.shape, [1, 1, 1, 1]) as tf.Tensor4D),
    };
    await expect(dryRun(engine, strided)).rejects.toMatchObject({
      code: 'UNSUPPORTED_OPERATION',
      message: expect.stringMatching(/no gradient.*access SCORE or DECISION/),
    });
    const attack = { kind: 'UNIFORM_NOISE', parameters: { epsilon: 0.1 } };
    const { diagnostics } = await evaluateShard({
      engine,
      model: strided,
      dataset,
      attack,
      seed: 1,
      offset: 0,
      count: 16,
      keepImages: false,
    });
    expect(diagnostics).toMatchObject({ examples: 16, sampled: 2, differentiated: 0, zeroGradients: 0 });
  });
});

describe('addresses of endpoints', () => {
  it.each([
    ['8.8.8.8', true],
    ['2606:4700:4700::1111', true],
    ['127.0.0.1', false],
    ['10.0.0.1', false],
    ['172.16.5.4', false],
    ['192.168.1.1', false],
    ['100.64.0.1', false],
    ['169.254.169.254', false],
    ['168.63.129.16', false],
    ['0.0.0.0', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['::1', false],
    ['::', false],
    ['::ffff:127.0.0.1', false],
    ['::ffff:8.8.8.8', true],
    ['::127.0.0.1', false],
    ['64:ff9b::7f00:1', false],
    ['2002:7f00:1::', false],
    ['fe80::1', false],
    ['fd00:ec2::254', false],
    ['ff02::1', false],
  ])('%s is allowed: %s', (address, allowed) => {
    expect(isAllowed(address, [])).toBe(allowed);
  });

  it('can be in networks that the configuration allows', () => {
    expect(isAllowed('10.1.2.3', ['10.1.0.0/16'])).toBe(true);
    expect(isAllowed('::ffff:10.1.2.3', ['10.1.0.0/16'])).toBe(true);
    expect(isAllowed('10.2.2.3', ['10.1.0.0/16'])).toBe(false);
    expect(isAllowed('fd12::1', ['10.1.0.0/16', 'fd12::/32'])).toBe(true);
  });

  it('are checked for every address that a name resolves to', async () => {
    const resolvingTo = (...addresses: string[]) =>
      ((_name: string, _options: object, answer: (error: null, found: object[]) => void) =>
        answer(
          null,
          addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
        )) as never;
    const look = (all: boolean, ...addresses: string[]) =>
      new Promise<unknown>((resolve, reject) => {
        guardedLookup([], resolvingTo(...addresses))('model.example', { all }, (error, found) => (error ? reject(error) : resolve(found)));
      });
    expect(await look(true, '8.8.8.8', '9.9.9.9')).toHaveLength(2);
    expect(await look(false, '8.8.8.8', '9.9.9.9')).toBe('8.8.8.8');
    for (const all of [true, false]) {
      await expect(look(all, '8.8.8.8', '127.0.0.1')).rejects.toMatchObject({
        code: 'REMOTE_ADDRESS_REFUSED',
        // What it resolves to is nobody's business.
        message: expect.not.stringContaining('127.0.0.1') as string,
      });
      await expect(look(all, '::ffff:10.0.0.1')).rejects.toMatchObject({ code: 'REMOTE_ADDRESS_REFUSED' });
    }
    // Nor whether there is one.
    const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    const failing = ((_name: string, _options: object, callback: (error: Error) => void) => callback(unknown)) as never;
    const answer = await new Promise<Error | null>((resolve) =>
      guardedLookup([], failing)('internal', { all: true }, (error) => resolve(error)),
    );
    expect(answer).toMatchObject({ code: 'REMOTE_ADDRESS_REFUSED', message: expect.stringContaining('no public address') as string });
  });
});

it('what onnxruntime says is told without the places in its sources', () => {
  expect(
    plainMessage(
      'Status Message: /onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:360 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, Stream*) Failed to allocate memory for requested buffer of size 4398046511104',
    ),
  ).toBe('Status Message: Failed to allocate memory for requested buffer of size 4398046511104');
});
