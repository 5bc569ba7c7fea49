/** Which value of an ONNX graph holds the scores of the classes. @module */
import { ComputeError } from '../../errors.js';
import { Attributes } from '../dataflow/attributes.js';
import { chooseOutput } from '../dataflow/choose-output.js';
import { producersOf, type DataflowGraph, type GraphNode } from '../dataflow/graph.js';
import type { ModelSpec } from '../types.js';
import type { OnnxFile } from './file.js';

/** Operators that turn scores into labels, or pack them: scores are what goes in. */
const AFTER_SCORES = ['ArgMax', 'TopK', 'ai.onnx.ml.ZipMap'];
/** Operators that pass labels on. */
const LABEL_OPERATORS = ['ai.onnx.ml.ArrayFeatureExtractor', 'ai.onnx.ml.LabelEncoder', 'Cast', 'Reshape', 'Squeeze', 'Identity'];
/** Operators that output labels, and scores beside them. */
const CLASSIFIERS = ['ai.onnx.ml.LinearClassifier', 'ai.onnx.ml.SVMClassifier', 'ai.onnx.ml.TreeEnsembleClassifier'];
/** Operators that move scores as they are. */
const PASS_ON = ['Cast', 'Identity'];

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
    graph: { ...graph, ...withLogits(nodes, chosen.scores!, producers) },
    warnings: [
      ...pairWarnings(behind(chosen.scores!, producers)),
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
    if (CLASSIFIERS.includes(node.operator)) {
      return name === node.outputs[1] ? { scores: isFloat ? output : name } : { scores: node.outputs[1], cut: node.operator };
    }
    // A label may be written as a float.
    if (!LABEL_OPERATORS.includes(node.operator) || (isFloat && node.operator.startsWith('ai.onnx.ml'))) break;
    name = node.operator === 'ai.onnx.ml.ArrayFeatureExtractor' ? node.inputs[1]! : node.inputs[0]!;
  }
  return isFloat ? { scores: output } : {};
}

/**
 * scikit-learn's classifiers compute probabilities inside of the classifier's node and divide them by their sum, 1. They become a softmax of their logits, which
 * can be removed as any other: what it is a softmax of is exact, and its gradient does not vanish where probabilities do.
 */
function withLogits(
  nodes: readonly GraphNode[],
  scores: string,
  producers: ReadonlyMap<string, GraphNode>,
): Pick<DataflowGraph, 'nodes' | 'output'> {
  const last = behind(scores, producers);
  const isDivision = last?.operator === 'ai.onnx.ml.Normalizer' && last.attributes.values['norm'] === 'L1';
  const classifier = isDivision ? behind(last.inputs[0]!, producers) : last;
  const output = isDivision ? last.inputs[0]! : scores;
  const steps = classifier && CLASSIFIERS.includes(classifier.operator) && logitSteps(classifier, isDivision);
  if (!steps) return { nodes, output: scores };
  const [first, ...names] = [...steps.map((operator, i) => `${classifier.outputs[1]!}/${i}/${operator}`), classifier.outputs[1]!];
  const plain: GraphNode = {
    ...classifier,
    outputs: [classifier.outputs[0]!, first!],
    attributes: new Attributes(classifier.name, { ...classifier.attributes.values, post_transform: 'NONE' }),
  };
  const chain = steps.map((operator, i): GraphNode => ({
    name: `${classifier.name}/${operator}`,
    operator,
    version: 13,
    inputs: [i === 0 ? first! : names[i - 1]!],
    outputs: [names[i]!],
    attributes: new Attributes(classifier.name, {}),
  }));
  return { nodes: nodes.flatMap((node) => (node === classifier ? [plain, ...chain] : [node])), output };
}

/** Operators that lead from what the classifier computes to its probabilities, a softmax at their end. Undefined where it outputs none, or has no gradient. */
function logitSteps({ operator, attributes: { values } }: GraphNode, isDivided: boolean): readonly string[] | undefined {
  if (operator.endsWith('SVMClassifier')) return values['prob_a'] === undefined ? undefined : ['Log', 'Softmax'];
  if (!operator.endsWith('LinearClassifier')) return undefined;
  if (values['post_transform'] === 'SOFTMAX') return ['Softmax'];
  // The logarithm of a sigmoid. Two classes share 1, and what is divided by its sum does too.
  const isShare = isDivided || (values['intercepts'] as readonly number[] | undefined)?.length === 2;
  return values['post_transform'] === 'LOGISTIC' && isShare ? ['Neg', 'Softplus', 'Neg', 'Softmax'] : undefined;
}

/**
 * Of a support vector machine whose decisions are the output themselves.
 * @throws ComputeError INVALID_MODEL where they are of pairs of more than two classes.
 */
function pairWarnings(node: GraphNode | undefined): readonly string[] {
  if (!node?.operator.endsWith('.SVMClassifier') || node.attributes.has('prob_a')) return [];
  const { length } = node.attributes.numbers('vectors_per_class', []);
  if (length < 2) return [];
  if (length === 2) return node.attributes.string('post_transform', 'NONE') === 'NONE' ? [IS_TURNED] : [];
  throw new ComputeError(
    'INVALID_MODEL',
    `The file outputs decisions of the ${(length * (length - 1)) / 2} pairs of ${length} classes, which are no scores of classes. Export it with decision_function_shape='ovr' (scikit-learn's default) and without raw_scores, or with probability=True.`,
    ['graph', node.name],
  );
}

const IS_TURNED =
  'The file outputs the decision of a support vector machine for two classes, which libsvm counts in favour of class 0 and the scores as of class 1: the highest score is that of the wrong class. Give classMap [1, 0], or export it by skl2onnx with the option raw_scores.';

function behind(name: string, producers: ReadonlyMap<string, GraphNode>): GraphNode | undefined {
  let node = producers.get(name);
  while (node && PASS_ON.includes(node.operator)) node = producers.get(node.inputs[0]!);
  return node;
}
