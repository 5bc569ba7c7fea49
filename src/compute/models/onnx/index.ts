/** ONNX files as DifferentiableModels: their operators run as TensorFlow.js ops, so that they have gradients and can be trained. @module */
import { dirname } from 'node:path';
import { TensorProto_DataType as DataType, type GraphProto } from 'onnx-buf';
import { sizeOf } from '../../tensors/index.js';
import { ComputeError } from '../../errors.js';
import { AS_BLACK_BOX } from '../gradient-advice.js';
import type { ModelFiles } from '../source.js';
import { dataflowModel } from '../dataflow/model.js';
import { DEFAULT_MODEL_LIMITS, type DifferentiableModel, type ModelLimits } from '../types.js';
import { preprocessorBeside, withPreprocessor } from '../preprocessor.js';
import { withDetector } from './detector.js';
import { findOnnxFile, readOnnxFile, readWrittenOut } from './file.js';
import { findInput } from './input.js';
import { onnxOperators } from './operators/index.js';
import { QUANTIZERS } from './operators/quantization.js';
import { findScores } from './outputs.js';
import { saveOnnxModel } from './save.js';
import { shapeOfTensor } from './tensors.js';
import { valueRangeWarning } from './value-range.js';

/**
 * Reads the one `.onnx` file of a folder, with its external data.
 * @throws ComputeError INVALID_MODEL, UNSUPPORTED_OPERATION or LIMIT_EXCEEDED, with the path of what is at fault.
 */
export async function loadOnnxModel(files: ModelFiles, limits = DEFAULT_MODEL_LIMITS): Promise<DifferentiableModel> {
  try {
    return await importModel(files, limits);
  } catch (error) {
    if (!(error instanceof ComputeError && error.code === 'UNSUPPORTED_OPERATION')) throw error;
    const advice = `You can also submit the file ${AS_BLACK_BOX}: onnxruntime then runs it as it is, without gradients.`;
    throw new ComputeError(error.code, `${error.message} ${advice}`, error.path, { cause: error });
  }
}

async function importModel({ directory, spec: stated = {} }: ModelFiles, limits: ModelLimits): Promise<DifferentiableModel> {
  // Whether there is one, the folder says.
  const { preprocessor: _, ...spec } = stated;
  const path = await findOnnxFile(directory);
  const file = await readOnnxFile(path, limits, spec);
  const { name, input } = findInput(file.graph, spec);
  const { graph, warnings } = findScores(file, name, spec);
  const quantizers = file.nodes.filter(({ operator }) => QUANTIZERS.includes(operator));
  const isQuantized = quantizers.length > 0;
  const save: DifferentiableModel['save'] = async (variables, to) =>
    saveOnnxModel(await readWrittenOut(path, limits, spec), dirname(path), variables, to);
  // Of an input of bytes, a user who says nothing means bytes.
  const given = input.whole && spec.valueRange === undefined ? { ...spec, valueRange: [0, 255] as const } : spec;
  const source = {
    format: 'ONNX',
    graph,
    operators: onnxOperators,
    input,
    warnings: [...warnings, ...(isQuantized ? [IS_QUANTIZED] : [])],
    save,
  } as const;
  const onnx = {
    name,
    input,
    output: graph.output,
    isOutput: file.outputs.some((output) => output.name === graph.output),
    computesInHalf: computesInHalf(file.graph),
    endsEarly: graph.nodes.some(({ operator, attributes }) => operator.endsWith('.SVMClassifier') && attributes.has('prob_a')),
    isQuantized,
    quantizedParameters: isQuantized ? quantizedParameters(file.graph) : 0,
  };
  const model = dataflowModel(source, given, limits);
  const warning = valueRangeWarning(file.nodes, file.constants, name, model.spec.valueRange);
  const imported = { ...model, warnings: [...model.warnings, ...(warning ? [warning] : [])], onnx };
  const detecting = spec.detector ? withDetector(imported, { ...file, input: name }, input, spec.detector.output, limits) : imported;
  const preprocessor = await preprocessorBeside(path);
  return preprocessor ? withPreprocessor(detecting, preprocessor, limits) : detecting;
}

const IS_QUANTIZED =
  'The network is quantised: it rounds what flows through it to whole numbers, as onnxruntime does. Its gradient passes straight through the rounding, so gradient attacks see the network beside the steps; attacks without gradients see the steps.';

const WHOLE: readonly number[] = [DataType.INT8, DataType.UINT8, DataType.INT32];

/** Values of weights and biases; single numbers are zero points. */
function quantizedParameters({ initializer }: GraphProto): number {
  const sizes = initializer.filter(({ dataType }) => WHOLE.includes(dataType)).map((tensor) => sizeOf(shapeOfTensor(tensor)));
  return sizes.filter((size) => size > 1).reduce((sum, size) => sum + size, 0);
}

const HALVES: readonly number[] = [DataType.FLOAT16, DataType.BFLOAT16];

function computesInHalf({ node, initializer, input }: GraphProto): boolean {
  return (
    initializer.some(({ dataType }) => HALVES.includes(dataType)) ||
    input.some(({ type }) => type?.value.case === 'tensorType' && HALVES.includes(type.value.value.elemType)) ||
    node.some(({ opType, attribute }) => opType === 'Cast' && attribute.some(({ name, i }) => name === 'to' && HALVES.includes(Number(i))))
  );
}
