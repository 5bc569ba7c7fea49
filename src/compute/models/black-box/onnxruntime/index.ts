/** ONNX files as black boxes: onnxruntime runs them as they are, forward only, whatever their operators. @module */
import { createHash } from 'node:crypto';
import { toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, type GraphProto } from 'onnx-buf';
import { type HostTensor, rows, sizeOf } from '../../../tensors/index.js';
import { ComputeError } from '../../../errors.js';
import type { ModelFiles } from '../../source.js';
import { looksLikeProbabilities } from '../../dry-run.js';
import { noiseImages } from '../../trial-images.js';
import { fingerprintOf } from '../../fingerprint.js';
import { findOnnxFile } from '../../onnx/file.js';
import { networkShapeOf } from '../../dataflow/network.js';
import { findInput } from '../../onnx/input.js';
import { shapeOfTensor } from '../../onnx/tensors.js';
import { oneScoreWarning, twoScoresOf } from '../../one-score.js';
import { completeSpec, imageShapeOf } from '../../spec.js';
import type { BlackBoxModel, ModelLimits, ModelSpec } from '../../types.js';
import { decisionsOf, inBatches, labelScores } from '../answers.js';
import { networkInput, type Preprocessing } from '../network-input.js';
import { selectOutput } from './output.js';
import { forestOf } from './forest-of.js';
import { differ } from './reference.js';
import { readWhole } from './proto.js';
import { OnnxSession } from './session.js';

/** Images at once where the file leaves that open. Between two batches a cancellation is noticed. */
const BATCH = 32;

/**
 * Loads the one `.onnx` file of a folder, with its external data, and runs it once to see what it outputs.
 * @throws ComputeError INVALID_MODEL, UNSUPPORTED_OPERATION (types of tensors) or LIMIT_EXCEEDED.
 */
export async function onnxruntimeModel(
  { directory, spec: given = {} }: ModelFiles,
  access: BlackBoxModel['access'],
  limits: ModelLimits,
): Promise<BlackBoxModel> {
  const path = await findOnnxFile(directory);
  const model = await readWhole(path, limits);
  const { name, input } = findInput(model.graph, given);
  const { graph, holds, warnings } = selectOutput(model.graph, access, given);
  const layout = input.layout === 'CHANNELS_FIRST' ? 'CHANNELS_FIRST' : 'CHANNELS_LAST';
  const networkShape = networkShapeOf(input);
  const preprocessing: Preprocessing = {
    valueRange: input.whole ? [0, 255] : [0, 1],
    channelOrder: 'RGB',
    ...given,
    inputShape: imageShapeOf(given, networkShape),
  };
  const bytes = toBinary(ModelProtoSchema, { ...model, graph });
  const session = await OnnxSession.load(bytes, { name, input, output: graph.output[0]!.name });
  try {
    const answersOf = (images: HostTensor) => session.run(networkInput(preprocessing, layout, images));
    const image = noiseImages(preprocessing.inputShape, 1);
    const { length } = await answersOf(image);
    const isSingle = holds === 'SCORES' && length === 1;
    const kind = isSingle && endsInSigmoid(graph) ? 'PROBABILITIES' : 'LOGITS';
    const ask = async (images: HostTensor) => (isSingle ? twoScoresOf(await answersOf(images), kind) : answersOf(images));
    const isAlone = input.batch === null && (await dependsOnOthers(answersOf, preprocessing.inputShape));
    const size = isAlone ? 1 : (input.batch ?? BATCH);
    const { valueRange } = preprocessing;
    const spec = completeSpec({ ...given, valueRange }, networkShape, [holds === 'LABELS' ? classesOf(given) : length]);
    const predict: BlackBoxModel['predict'] = async (images, signal) => {
      const scores = await inBatches(images, size, spec.classCount, async (batch) => {
        if (signal?.aborted) throw new ComputeError('CANCELLED', 'The computation was cancelled.');
        const answer = await ask(batch);
        return holds === 'LABELS' ? labelScores(answer, spec.classCount) : answer;
      });
      return access === 'DECISION' ? decisionsOf(scores) : scores;
    };
    const forest = holds === 'SCORES' ? forestOf(graph, name) : undefined;
    const seemProbabilities = access === 'SCORE' && looksLikeProbabilities(await predict(noiseImages(spec.inputShape)));
    return {
      spec,
      access,
      output: access === 'DECISION' ? 'LABELS' : seemProbabilities ? 'PROBABILITIES' : 'LOGITS',
      fingerprint: fingerprintOf({}, spec, { access, layout, holds }, createHash('sha256').update(bytes).digest('hex')),
      operations: countOperators(graph),
      ...(forest ? { forest } : {}),
      parameterCount: graph.initializer.reduce((sum, tensor) => sum + sizeOf(shapeOfTensor(tensor)), 0),
      warnings: [...warnings, ...(isSingle ? [oneScoreWarning(kind)] : []), ...(isAlone ? [ASKED_ALONE] : [])],
      predict,
      close: () => session.close(),
    };
  } catch (error) {
    await session.close();
    throw error;
  }
}

const ASKED_ALONE =
  'What the file answers for an image depends on the images beside it, as where it quantises dynamically or branches on the whole batch. It is asked image by image.';

/** Whether two images are answered otherwise together than one after the other. */
async function dependsOnOthers(answersOf: (images: HostTensor) => Promise<ArrayLike<number>>, shape: readonly number[]): Promise<boolean> {
  const images = noiseImages(shape, 2);
  // An image with small values beside one with large.
  const dim = { ...images, data: Float32Array.from(images.data, (value, i) => (i < images.data.length / 2 ? value / 8 : value)) };
  const first = async () => Array.from(await answersOf(rows(dim, 0, 1)));
  // A random model answers otherwise each time, whatever lies beside.
  if (differ(await first(), await first())) return false;
  const together = Array.from(await answersOf(dim));
  const alone = [...(await first()), ...Array.from(await answersOf(rows(dim, 1, 2)))];
  return differ(together, alone);
}

function endsInSigmoid({ node, output }: GraphProto): boolean {
  return node.some(({ opType, output: [name] }) => opType === 'Sigmoid' && name === output[0]!.name);
}

function classesOf({ classCount }: Partial<ModelSpec>): number {
  if (classCount !== undefined) return classCount;
  throw new ComputeError('INVALID_MODEL', 'The file outputs labels, which do not tell the number of classes. Give spec.classCount.', [
    'spec',
    'classCount',
  ]);
}

function countOperators({ node }: GraphProto): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { domain, opType } of node) {
    const operator = domain === '' || domain === 'ai.onnx' ? opType : `${domain}.${opType}`;
    counts[operator] = (counts[operator] ?? 0) + 1;
  }
  return counts;
}
