/** Comparisons, logic, selection and conversion of dtypes. @module */
import type { DType } from '../../../tensors/index.js';
import { emitAligned } from './aligned.js';
import { broadcastShape, type Lowering, type LoweringTable, spec } from '../lowering.js';
import type { Emitter } from '../emitter.js';

function comparison(build: (e: Emitter, names: string[]) => string): Lowering {
  return {
    infer: ({ a, b }) => spec(broadcastShape(a!.shape, b!.shape), 'bool'),
    lower: (node, e) => emitAligned(node, e, (names) => build(e, names)),
  };
}

function test(build: (e: Emitter, x: string) => string): Lowering {
  return { infer: ({ x }) => spec(x!.shape, 'bool'), lower: (node, e) => emitAligned(node, e, ([x]) => build(e, x!)) };
}

const op = (name: string) => (e: Emitter, names: string[]) => e.op(name, names);

export const comparisons: LoweringTable = {
  Equal: comparison(op('Equal')),
  Greater: comparison(op('Greater')),
  GreaterEqual: comparison(op('GreaterOrEqual')),
  Less: comparison(op('Less')),
  LessEqual: comparison(op('LessOrEqual')),
  LogicalAnd: comparison(op('And')),
  LogicalOr: comparison(op('Or')),
  LogicalXor: comparison(op('Xor')),
  NotEqual: comparison((e, names) => e.op('Not', [e.op('Equal', names)])),

  IsFinite: test((e, x) => e.op('Not', [e.op('Or', [e.op('IsInf', [x]), e.op('IsNaN', [x])])])),
  IsInf: test((e, x) => e.op('IsInf', [x])),
  IsNan: test((e, x) => e.op('IsNaN', [x])),
  LogicalNot: test((e, x) => e.op('Not', [x])),

  Cast: {
    infer: ({ x }, { dtype }) => spec(x!.shape, dtype as DType),
    lower: (node, e) => emitAligned(node, e, ([x]) => e.cast(x!, node.outputs[0]!.dtype)),
  },
  Select: {
    infer: ({ condition, t, e }) => spec(broadcastShape(condition!.shape, broadcastShape(t!.shape, e!.shape)), t!.dtype),
    lower: (node, e) => emitAligned(node, e, (names) => e.op('Where', names)),
  },
};
