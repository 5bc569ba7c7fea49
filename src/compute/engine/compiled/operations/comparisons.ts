/** Comparisons, logic, selection and conversion of dtypes. @module */
import type { DType } from '../../../tensors/index.js';
import { emitAligned } from './aligned.js';
import { broadcastShape, Operation, spec } from '../operation.js';
import type { Emitter } from '../emitter.js';

type Build = (e: Emitter, names: string[]) => string;

/** Of two operands. */
function comparison(name: string, build: Build): Operation {
  return new Operation(name, {
    infer: ({ a, b }) => spec(broadcastShape(a!.shape, b!.shape), 'bool'),
    lower: (node, e) => emitAligned(node, e, (names) => build(e, names)),
  });
}

/** Of one operand. */
function test(name: string, build: (e: Emitter, x: string) => string): Operation {
  return new Operation(name, { infer: ({ x }) => spec(x!.shape, 'bool'), lower: (node, e) => emitAligned(node, e, ([x]) => build(e, x!)) });
}

const op =
  (name: string): Build =>
  (e, names) =>
    e.op(name, names);

export const Equal = comparison('Equal', op('Equal'));
export const Greater = comparison('Greater', op('Greater'));
export const GreaterEqual = comparison('GreaterEqual', op('GreaterOrEqual'));
export const Less = comparison('Less', op('Less'));
export const LessEqual = comparison('LessEqual', op('LessOrEqual'));
export const LogicalAnd = comparison('LogicalAnd', op('And'));
export const LogicalOr = comparison('LogicalOr', op('Or'));
export const LogicalXor = comparison('LogicalXor', op('Xor'));
export const NotEqual = comparison('NotEqual', (e, names) => e.op('Not', [e.op('Equal', names)]));

export const IsFinite = test('IsFinite', (e, x) => e.op('Not', [e.op('Or', [e.op('IsInf', [x]), e.op('IsNaN', [x])])]));
export const IsInf = test('IsInf', (e, x) => e.op('IsInf', [x]));
export const IsNan = test('IsNan', (e, x) => e.op('IsNaN', [x]));
export const LogicalNot = test('LogicalNot', (e, x) => e.op('Not', [x]));

export type CastAttributes = { readonly dtype: DType };

export const Cast = new Operation<CastAttributes>('Cast', {
  infer: ({ x }, { dtype }) => spec(x!.shape, dtype),
  lower: (node, e) => emitAligned(node, e, ([x]) => e.cast(x!, node.outputs[0]!.dtype)),
});

/** `t` where `condition`, else `e`. */
export const Select = new Operation('Select', {
  infer: ({ condition, t, e }) => spec(broadcastShape(condition!.shape, broadcastShape(t!.shape, e!.shape)), t!.dtype),
  lower: (node, e) => emitAligned(node, e, (names) => e.op('Where', names)),
});
