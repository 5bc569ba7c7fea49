/** Which value of an ONNX graph holds the scores of the classes. @module */
import { Attributes } from '../dataflow/attributes.js';
import { producersOf, type DataflowGraph, type GraphNode } from '../dataflow/graph.js';
import { ComputeError } from '../../errors.js';
import type { ModelSpec } from '../types.js';
import type { Declaration } from './declaration.js';
import type { OnnxFile } from './file.js';

/** Operators that turn scores into labels, or pack them: scores are what goes in. */
const AFTER_SCORES = ['ArgMax', 'TopK', 'ai.onnx.ml.ZipMap'];
/** Operators that pass labels on. */
const LABEL_OPERATORS = ['ai.onnx.ml.ArrayFeatureExtractor', 'ai.onnx.ml.LabelEncoder', 'Cast', 'Reshape', 'Squeeze', 'Identity'];
const CLASSIFIER = 'ai.onnx.ml.LinearClassifier';

export interface Scores {
  readonly graph: DataflowGraph;
  readonly warnings: readonly string[];
}

/** @param given what is known of the model. @throws ComputeError INVALID_MODEL where no output leads to scores, or several may. */
export function findScores({ nodes, constants, outputs }: Omit<OnnxFile, 'graph'>, input: string, given: Partial<ModelSpec> = {}): Scores {
  const graph: DataflowGraph = { nodes, constants, input, output: '' };
  const producers = producersOf(graph);
  const candidates = outputs.map((output) => ({ ...output, ...scoresBehind(output.name, output.isFloat, producers) }));
  const scored = candidates.filter(({ scores }) => scores !== undefined);
  const uncut = scored.filter(({ cut }) => cut === undefined);
  const chosen = chooseOutput(uncut.length > 0 && given.output === undefined ? uncut : scored, outputs, given);
  const others = scored.filter(({ scores }) => scores !== chosen.scores);
  return {
    graph: { ...graph, ...withoutNormalizer(nodes, chosen.scores!, producers) },
    warnings: [
      ...(chosen.cut ? [`The output ${chosen.name} holds no scores; the input of ${chosen.cut} is used instead.`] : []),
      ...(others.length > 0 && given.output === undefined
        ? [`The scores are taken from ${chosen.scores!}; not from ${others.map(({ name }) => name).join(', ')}.`]
        : []),
    ],
  };
}

/**
 * The output that was named, or the one that may hold the scores of classes by its shape.
 * @param candidates outputs with scores. @param outputs of the file. @throws ComputeError INVALID_MODEL with a list of the outputs.
 */
export function chooseOutput<Candidate extends Declaration>(
  candidates: readonly Candidate[],
  outputs: readonly Declaration[],
  { output, classCount }: Partial<ModelSpec>,
): Candidate {
  const refuse = (problem: string) =>
    new ComputeError('INVALID_MODEL', `${problem} It has: ${outputs.map(shown).join(', ')}.`, ['spec', 'output']);
  if (output !== undefined) {
    const named = candidates.find(({ name }) => name === output);
    if (named) return named;
    throw refuse(`No output of the file with scores of classes is named ${output}.`);
  }
  if (candidates.length === 0) throw refuse('None of the outputs of the file holds scores of classes.');
  const fitting = candidates.length === 1 ? candidates : candidates.filter(({ shape }) => mayHoldScores(shape, classCount));
  if (fitting.length === 1) return fitting[0]!;
  throw refuse(
    fitting.length === 0
      ? `No output of the file holds the scores of ${classCount ?? 'two or more'} classes, one row for each image.`
      : 'Several outputs of the file may hold the scores of the classes. Name one in the spec (output), or give classCount.',
  );
}

/** Whether it is a vector for each image; where a size is open, it may be. */
function mayHoldScores(shape: Declaration['shape'], classCount: number | undefined): boolean {
  if (!shape) return true;
  const [size = 1, ...more] = shape.slice(1).filter((length) => length !== 1);
  if (more.length > 0) return false;
  return size === null || (classCount === undefined ? size >= 2 : size === classCount || (classCount === 2 && size === 1));
}

const shown = ({ name, shape }: Declaration) => (shape ? `${name} [${shape.map((size) => size ?? '?').join(', ')}]` : name);

/** Goes back from an output over labels to the scores they were made of. */
function scoresBehind(output: string, isFloat: boolean, producers: ReadonlyMap<string, GraphNode>): { scores?: string; cut?: string } {
  let name = output;
  let cut: string | undefined;
  for (let node = producers.get(name); node; node = producers.get(name)) {
    if (AFTER_SCORES.includes(node.operator)) {
      cut = node.operator === 'ai.onnx.ml.ZipMap' ? undefined : node.operator;
      return { scores: node.inputs[0], cut };
    }
    if (node.operator === CLASSIFIER) return name === node.outputs[1] ? { scores: name } : { scores: node.outputs[1], cut: CLASSIFIER };
    if (isFloat || !LABEL_OPERATORS.includes(node.operator)) break;
    name = node.operator === 'ai.onnx.ml.ArrayFeatureExtractor' ? node.inputs[1]! : node.inputs[0]!;
  }
  return isFloat ? { scores: output } : {};
}

/**
 * scikit-learn's classifiers put a softmax into the classifier's node and divide its probabilities by their sum, 1. That sum is left out and
 * the softmax becomes a node of its own, so that it can be removed as any other.
 */
function withoutNormalizer(
  nodes: readonly GraphNode[],
  scores: string,
  producers: ReadonlyMap<string, GraphNode>,
): Pick<DataflowGraph, 'nodes' | 'output'> {
  const last = producers.get(scores);
  const isDivision = last?.operator === 'ai.onnx.ml.Normalizer' && last.attributes.values['norm'] === 'L1';
  const classifier = producers.get(isDivision ? last.inputs[0]! : scores);
  if (classifier?.operator !== CLASSIFIER || classifier.attributes.values['post_transform'] !== 'SOFTMAX') return { nodes, output: scores };
  const linear = `${classifier.outputs[1]!}/linear`;
  const plain: GraphNode = {
    ...classifier,
    outputs: [classifier.outputs[0]!, linear],
    attributes: new Attributes(classifier.name, { ...classifier.attributes.values, post_transform: 'NONE' }),
  };
  const softmax: GraphNode = {
    name: `${classifier.name}/softmax`,
    operator: 'Softmax',
    version: 13,
    inputs: [linear],
    outputs: [classifier.outputs[1]!],
    attributes: new Attributes(classifier.name, {}),
  };
  return { nodes: nodes.flatMap((node) => (node === classifier ? [plain, softmax] : [node])), output: classifier.outputs[1]! };
}
