/** The ONNX project's own tests of operators, from Debian's libonnx-testdata: ours give the same values, or say that they do not know. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { TensorProtoSchema } from 'onnx-buf';
import { describe, expect, it } from 'vitest';
import { computeOn, toHost, toTensor } from '../../src/compute/engine/tensorflow.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';
import { ComputeError } from '../../src/compute/errors.js';
import { run } from '../../src/compute/models/dataflow/interpreter.js';
import { Value } from '../../src/compute/models/dataflow/value.js';
import { hasControlFlow } from '../../src/compute/models/onnx/control-flow.js';
import { readOnnxFile, readOnnxProto, type OnnxFile } from '../../src/compute/models/onnx/file.js';
import { onnxOperators } from '../../src/compute/models/onnx/operators/index.js';
import { readTensor } from '../../src/compute/models/onnx/tensors.js';
import { DEFAULT_MODEL_LIMITS } from '../../src/compute/models/types.js';
import { BACKEND_UNDER_TEST } from '../test-backend.js';

const ROOT = '/usr/share/libonnx-testdata/data';
/** The package's other suites are of operator set 6. */
const SUITES = ['node', 'simple'];

/** Tests that are not run, with the reason. */
const LEFT_OUT: readonly (readonly [names: RegExp, reason: string])[] = [
  [/training_dropout|batchnorm_.*training_mode/, 'at inference, dropout does nothing and batch norm uses the stored statistics'],
  [/dynamicquantizelinear_min_adjusted$/, 'bounds are those of each image, as of a batch of one, whatever lies beside it'],
  [/BFLOAT16/, 'the expected values are 16-bit patterns, written as whole numbers'],
  [/resize_downsample_scales_(linear|cubic)_align_corners$/, 'onnxruntime, which we follow, rounds the size before it aligns corners'],
];

interface Case {
  readonly name: string;
  readonly directory: string;
}

async function casesOf(suite: string): Promise<Case[]> {
  const names = (await readdir(join(ROOT, suite))).sort();
  return names.map((name) => ({ name, directory: join(ROOT, suite, name) }));
}

/** Reads `input_0.pb`, … or `output_0.pb`, …. */
async function tensors(directory: string, kind: 'input' | 'output'): Promise<HostTensor[]> {
  const folder = join(directory, 'test_data_set_0');
  const count = (await readdir(folder)).filter((name) => name.startsWith(kind)).length;
  const read = async (i: number) => readTensor(fromBinary(TensorProtoSchema, await readFile(join(folder, `${kind}_${i}.pb`))), folder);
  return Promise.all(Array.from({ length: count }, (_, i) => read(i)));
}

function isSetting(file: OnnxFile, name: string): boolean {
  return file.nodes.some(({ operator, inputs }) => onnxOperators[operator]!.settings?.some((index) => inputs[index] === name));
}

function compute(file: OnnxFile, inputs: readonly HostTensor[]): HostTensor[] {
  return computeOn(BACKEND_UNDER_TEST, () => {
    const bindings = new Map([...file.constants].map(([name, host]) => [name, Value.known(host)]));
    for (const [i, host] of inputs.entries()) {
      const name = file.inputs[i]!.name;
      bindings.set(name, isSetting(file, name) ? Value.known(host) : Value.plain(toTensor(host)));
    }
    const graph = { nodes: file.nodes, constants: file.constants, input: '', output: '' };
    const values = run({ graph, operators: onnxOperators, maximumElements: 1e7 }, bindings);
    return file.outputs.map(({ name }) => values.get(name)!).map((value) => value.known ?? toHost(value.plain));
  });
}

type Outcome = 'PASSED' | 'REFUSED' | 'UNKNOWN_OPERATOR';

async function check({ name, directory }: Case): Promise<Outcome> {
  try {
    const path = join(directory, 'model.onnx');
    // Branches and loops are written out for images, which these have not.
    if (hasControlFlow((await readOnnxProto(path, DEFAULT_MODEL_LIMITS)).graph)) return 'UNKNOWN_OPERATOR';
    const file = await readOnnxFile(path, DEFAULT_MODEL_LIMITS);
    const isTensor = [...file.inputs, ...file.outputs].every(({ shape }) => shape !== undefined);
    if (!isTensor || file.nodes.some(({ operator }) => !Object.hasOwn(onnxOperators, operator))) return 'UNKNOWN_OPERATOR';
    const expected = await tensors(directory, 'output');
    const actual = compute(file, await tensors(directory, 'input'));
    for (const [i, { shape, data }] of expected.entries()) {
      expect(actual[i]!.shape, name).toEqual(shape);
      for (const [k, value] of data.entries()) {
        const found = actual[i]!.data[k]!;
        const same = Object.is(found, value) || Math.abs(found - value) <= 1e-3 * Math.max(1, Math.abs(value));
        expect(same || (Number.isNaN(found) && Number.isNaN(value)), `${name}: value ${k} is ${found}, not ${value}`).toBe(true);
      }
    }
    return 'PASSED';
  } catch (error) {
    if (error instanceof ComputeError && error.code === 'UNSUPPORTED_OPERATION') return 'REFUSED';
    throw error;
  }
}

describe.skipIf(!existsSync(ROOT))(
  'operator tests of the ONNX project (skipped where Debian package libonnx-testdata is not installed)',
  () => {
    it.each(SUITES)('of the suite %s', async (suite) => {
      const cases = await casesOf(suite);
      const failures: string[] = [];
      const counts: Record<Outcome, number> = { PASSED: 0, REFUSED: 0, UNKNOWN_OPERATOR: 0 };
      for (const one of cases.filter(({ name }) => !LEFT_OUT.some(([names]) => names.test(name)))) {
        try {
          counts[await check(one)]++;
        } catch (error) {
          failures.push(`${one.name}: ${(error as Error).message.split('\n')[0]}`);
        }
      }
      const known = cases.length - counts.UNKNOWN_OPERATOR;
      console.log(
        `${suite}: ${counts.PASSED} of ${known} tests of known operators pass, ${counts.REFUSED} are refused; ${cases.length} tests in all.`,
      );
      expect(failures).toEqual([]);
    });
  },
);
