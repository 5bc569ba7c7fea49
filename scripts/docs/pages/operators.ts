/** Operators of model files, with their gradients. @module */
import { GRADIENTS, MODEL_FORMATS, OLDEST_OPSET, OPERATOR_TABLES, type OperatorTable } from '../../../src/compute/index.js';
import { code, type GeneratedPage, prose, table } from '../page.js';

const HEADINGS = { ONNX: 'ONNX', TFJS_GRAPH_MODEL: 'GraphModels', LAYERS_MODEL: 'Layers of LayersModels' };

export const operatorPage: GeneratedPage = {
  file: 'reference/operators.md',
  source: 'the tables of operators in src/compute/models',
  render: () =>
    [
      '# Operators',
      `A file with an operator that is not here is refused. As ONNX it can be submitted as a [black box](../guide/black-boxes.md). ONNX files are read from operator set ${OLDEST_OPSET} on.`,
      'What an operator does to the gradient with respect to its inputs, other than shapes, axes and other settings:',
      table(
        ['gradient', 'meaning'],
        Object.entries(GRADIENTS).map(([word, meaning]) => [code(word), prose(meaning)]),
      ),
      'The attack `bpda` passes through the operators that are marked so, as if they were the identity or, of comparisons, the difference of their inputs.',
      ...MODEL_FORMATS.flatMap((format) => [
        `## ${HEADINGS[format]}`,
        table(['operator', 'gradient', 'BPDA'], rowsOf(OPERATOR_TABLES[format])),
      ]),
    ].join('\n\n'),
};

function rowsOf(operators: OperatorTable): string[][] {
  const names = Object.keys(operators).sort((a, b) => a.localeCompare(b, 'en'));
  return names.map((name) => {
    const { gradient = 'EXACT', straightThrough } = operators[name]!;
    return [code(name), gradient, straightThrough ? 'straight through' : ''];
  });
}
