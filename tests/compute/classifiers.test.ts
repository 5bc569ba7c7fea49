/** Classical classifiers, against what scikit-learn 1.9 answers after it was fitted to the same digits: tests/fixtures/sklearn/make.py. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { classifiers, findClassifier, fitClassifier } from '../../src/compute/classifiers/index.js';
import type { Dataset } from '../../src/compute/data/types.js';
import { predict } from '../../src/compute/models/functions.js';
import { DEFAULT_REMOTE_POLICY } from '../../src/compute/models/black-box/remote/endpoint.js';
import { openModel } from '../../src/compute/models/open.js';
import { DEFAULT_MODEL_LIMITS, type AnyModel } from '../../src/compute/models/types.js';
import { validateParameters } from '../../src/compute/parameters/index.js';
import { argmaxRows, type HostTensor } from '../../src/compute/tensors/index.js';
import { testEngine } from '../test-engine.js';
import { failure, temporaryDirectory } from './fixtures.js';

interface Fitted {
  readonly levels: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly scores: Readonly<Record<string, Record<Task, number[] | number[][]>>>;
}

type Task = 'several' | 'two';

const TRAINED = 400;
const known = JSON.parse(gunzipSync(await readFile('tests/fixtures/sklearn/fitted.json.gz')).toString()) as Fitted;
const pixels = Float32Array.from(known.levels.flat(), (level) => level / 16);
const rest: HostTensor = { dtype: 'float32', shape: [known.labels.length - TRAINED, 8, 8, 1], data: pixels.slice(64 * TRAINED) };

const root = await temporaryDirectory();
const engine = await testEngine();
afterAll(() => engine.dispose());

const labelsOf = (task: Task) => Int32Array.from(known.labels, (label) => (task === 'two' ? Number(label > 4) : label));

function digits(task: Task): Dataset {
  const labels = labelsOf(task);
  const classNames = task === 'two' ? ['0-4', '5-9'] : [...'0123456789'];
  const info = { imageShape: [8, 8, 1] as const, classNames, exampleCount: labels.length, bitDepth: 32 as const, fingerprint: task };
  const read = (offset: number, count: number) =>
    Promise.resolve({ images: pixels.slice(64 * offset, 64 * (offset + count)), labels: labels.slice(offset, offset + count) });
  return { info, read, close: () => Promise.resolve() };
}

let folders = 0;

async function fitted(name: string, given: object, task: Task, seed = 0): Promise<{ model: AnyModel; scores: HostTensor; file: Buffer }> {
  const parameters = validateParameters(findClassifier(name), given as never, 'INVALID_TRAINING');
  const directory = join(root, String(folders++));
  const { spec, access } = await fitClassifier({ name, parameters, offset: 0, sampleCount: TRAINED, seed }, digits(task), directory);
  const options = { engine, limits: DEFAULT_MODEL_LIMITS, remote: DEFAULT_REMOTE_POLICY };
  const model = await openModel({ format: 'ONNX', directory, spec, access }, options);
  return { model, scores: await predict(engine, model, rest), file: await readFile(join(directory, 'model.onnx')) };
}

/** Row by row: what is the same for all classes, as logits leave open, is taken off. */
function centred(rows: readonly (readonly number[])[]): number[] {
  return rows.flatMap((row) => row.map((score) => score - row.reduce((sum, other) => sum + other, 0) / row.length));
}

const rowsOf = ({ data, shape }: HostTensor) =>
  Array.from({ length: shape[0]! }, (_, i) => Array.from(data.subarray(i * shape[1]!, (i + 1) * shape[1]!)));

const reference = (name: string, task: Task) => known.scores[name]![task].map((row) => (Array.isArray(row) ? row : [-row, row]));

const difference = (some: readonly number[], others: readonly number[]) =>
  some.reduce((most, value, i) => Math.max(most, Math.abs(value - others[i]!)), 0);

const SMOOTH = [
  { name: 'logisticRegression', given: {}, known: 'logisticRegression', isLogit: true, tolerance: 2e-3 },
  { name: 'linearSvm', given: {}, known: 'linearSvm', isLogit: false, tolerance: 2e-3 },
  ...['RBF', 'LINEAR', 'POLYNOMIAL', 'SIGMOID'].map((kernel) => ({
    name: 'svm',
    given: { kernel, ...(kernel === 'POLYNOMIAL' ? { coefficient: 0.5 } : kernel === 'SIGMOID' ? { gamma: 0.02 } : {}) },
    known: `svm-${kernel}`,
    isLogit: false,
    tolerance: 1e-2,
  })),
  ...['GAUSSIAN', 'BERNOULLI', 'MULTINOMIAL'].map((distribution) => ({
    name: 'naiveBayes',
    given: { distribution, varianceSmoothing: 0.01 },
    known: `naiveBayes-${distribution}`,
    isLogit: true,
    tolerance: 2e-3,
  })),
  { name: 'nearestNeighbours', given: {}, known: 'nearestNeighbours', isLogit: false, tolerance: 1e-5 },
];

describe.each(['several', 'two'] as const)("scores are scikit-learn's, of %s classes:", (task) => {
  it.each(SMOOTH)('$known', async ({ name, given, known: key, isLogit, tolerance }) => {
    const { scores } = await fitted(name, given, task);
    const [ours, theirs] = [rowsOf(scores), reference(key, task)];
    const measured = isLogit ? difference(centred(ours), centred(theirs)) : difference(ours.flat(), theirs.flat());
    expect(measured).toBeLessThan(tolerance);
  });

  it('gradientBoosting', async () => {
    const { scores } = await fitted('gradientBoosting', { trees: 10, maximumDepth: 2 }, task);
    const ours = rowsOf(scores).flatMap((row) => row.map(Math.log));
    const theirs = reference('gradientBoosting', task).flat();
    if (task === 'two') return expect(difference(ours, theirs)).toBeLessThan(1e-4);
    // Several splits have the same gain, of which scikit-learn takes one at random; it differs from itself by as much.
    const truth = labelsOf(task).subarray(TRAINED);
    const lossOf = (logs: readonly number[]) => truth.reduce((sum, label, i) => sum - logs[10 * i + label]!, 0) / truth.length;
    expect(Math.abs(lossOf(ours) - lossOf(theirs))).toBeLessThan(0.05);
  });

  // Which of several splits of equal gain is taken is random there.
  it.each([
    ['decisionTree', { maximumDepth: 4 }, 0.85],
    ['randomForest', {}, 0.85],
  ])('%s: most predictions', async (name, given, share) => {
    const { scores } = await fitted(name, given, task);
    const theirs = reference(name, task).map((row) => row.indexOf(Math.max(...row)));
    const ours = argmaxRows(scores);
    const agreeing = theirs.filter((label, i) => label === ours[i]).length / theirs.length;
    const accuracy = (labels: ArrayLike<number>) =>
      Array.from(labels).filter((label, i) => label === labelsOf(task)[TRAINED + i]).length / 200;
    expect(agreeing).toBeGreaterThan(share);
    expect(Math.abs(accuracy(ours) - accuracy(theirs))).toBeLessThan(0.05);
  });
});

describe('a classifier', () => {
  it.each(classifiers.map(({ name }) => name))('%s: is the same file for the same seed', async (name) => {
    const given = ['randomForest', 'gradientBoosting'].includes(name) ? { trees: 3 } : {};
    const [first, second] = [await fitted(name, given, 'several', 7), await fitted(name, given, 'several', 7)];
    expect(first.file.equals(second.file)).toBe(true);
    expect(first.model.fingerprint).toBe(second.model.fingerprint);
  });

  it('needs examples of every class', async () => {
    const parameters = validateParameters(findClassifier('svm'), {}, 'INVALID_TRAINING');
    const plan = { name: 'svm', parameters, offset: 0, sampleCount: 5, seed: 0 };
    expect(await failure(fitClassifier(plan, digits('several'), join(root, 'none')))).toMatchObject({ code: 'INVALID_TRAINING' });
  });

  it('is given up where nobody wants it any more', async () => {
    const parameters = validateParameters(findClassifier('svm'), {}, 'INVALID_TRAINING');
    const plan = { name: 'svm', parameters, offset: 0, sampleCount: TRAINED, seed: 0 };
    const cancelled = fitClassifier(plan, digits('several'), join(root, 'none'), AbortSignal.abort());
    expect(await failure(cancelled)).toMatchObject({ code: 'CANCELLED' });
  });
});
