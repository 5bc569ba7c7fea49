/** docs/operators.md, made from the tables of operators. @module */
import { format, resolveConfig } from 'prettier';
import { GRADIENTS, MODEL_FORMATS, OLDEST_OPSET, OPERATOR_TABLES, type OperatorTable } from '../src/compute/index.js';

export const OPERATORS_PAGE = 'docs/operators.md';

const TITLES = { LAYERS_MODEL: 'LayersModels', ONNX: 'ONNX', TFJS_GRAPH_MODEL: 'GraphModels' };

const INTRODUCTION = `# Operators

Written by \`npm run docs:operators\`, from the entries of the operators in \`src/compute/models\`. A file with an operator that is not here is refused; as ONNX it can
be submitted as a [black box](black-boxes.md). ONNX files are read from operator set ${OLDEST_OPSET} on.

What an operator does to the gradient, with respect to its inputs other than shapes, axes and other settings:`;

/** The page as prettier has it. */
export async function operatorsPage(): Promise<string> {
  const words = table(
    ['gradient', 'meaning'],
    Object.entries(GRADIENTS).map(([word, meaning]) => [`\`${word}\``, meaning]),
  );
  const bpda =
    'Through the operators that are marked so, the attack `bpda` passes as if they were the identity, or, of comparisons, the difference of their inputs.';
  const sections = MODEL_FORMATS.flatMap((name) => {
    const operators = OPERATOR_TABLES[name];
    return operators ? [`## ${TITLES[name]}`, table(['operator', 'gradient', 'BPDA'], rowsOf(operators))] : [];
  });
  const page = [INTRODUCTION, words, bpda, ...sections].join('\n\n');
  return format(page, { parser: 'markdown', ...(await resolveConfig(OPERATORS_PAGE)) });
}

function rowsOf(operators: OperatorTable): string[][] {
  const names = Object.keys(operators).sort((a, b) => a.localeCompare(b, 'en'));
  return names.map((name) => {
    const { gradient = 'EXACT', straightThrough } = operators[name]!;
    return [`\`${name}\``, gradient, straightThrough ? 'straight through' : ''];
  });
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
