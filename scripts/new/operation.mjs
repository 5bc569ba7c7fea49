/**
 * Begins an operator of ONNX: its file, the line of the table, and a case that its gradient is checked with. `npm run new:operation -- <Operator>`,
 * such as `-- BitShift`. What it writes compiles and returns its input, to be replaced by what the operator does.
 */
import { fail, register, writeFiles } from './skeleton.mjs';

const [operator] = process.argv.slice(2);
if (!/^[A-Z][A-Za-z0-9]*$/.test(operator ?? '')) {
  fail('Usage: npm run new:operation -- <Operator>\nThe name is the one of https://onnx.ai/onnx/operators, such as BitShift.');
}
const words = operator.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
const table = operator[0].toLowerCase() + operator.slice(1);
const file = `src/compute/models/onnx/operators/${words}.ts`;
const cases = `tests/compute/operators/onnx-${words}.ts`;

writeFiles({
  [file]: `/** ${operator}: https://onnx.ai/onnx/operators/onnx__${operator}.html. @module */
import type { OperatorTable } from '../../dataflow/operator.js';

export const ${table}: OperatorTable = {
  ${operator}: {
    // Other than EXACT: what a gradient through it is, by dataflow/gradient.ts.
    gradient: 'EXACT',
    run(call) {
      const x = call.input(0);
      return x.like(x.tensor);
    },
  },
};
`,
  [cases]: `/** ${operator} with small inputs. */
import { type Cases, variable } from './cases.js';

export const ${table}: Cases = {
  ${operator}: { inputs: [variable([2, 3, 4])] },
};
`,
});
const line = `  ...${table},`;
const list = { closing: '};' };
register('src/compute/models/onnx/operators/index.ts', `import { ${table} } from './${words}.js';`, line, {
  ...list,
  opening: 'export const onnxOperators',
});
register('tests/compute/operators/onnx-cases.ts', `import { ${table} } from './onnx-${words}.js';`, line, {
  ...list,
  opening: 'export const onnxCases',
});

console.log(`Wrote ${file}, its line in index.ts, and ${cases}, with its line in onnx-cases.ts.
Then: npm run build && npx vitest run dist/tests/compute/operator-gradients.test.js
      npm run docs:generate, for the table of operators.
The ONNX project's own tests of it: bash scripts/install-onnx-testdata.sh && npx vitest run dist/tests/compute/onnx-node.test.js`);
