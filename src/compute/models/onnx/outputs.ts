/** Which value of an ONNX graph holds the scores of the classes. @module */
import { Attributes } from '../dataflow/attributes.js';
import { chooseOutput } from '../dataflow/choose-output.js';
import { producersOf, type DataflowGraph, type GraphNode } from '../dataflow/graph.js';
import type { ModelSpec } from '../types.js';
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
