/** TensorFlow's types by their names in NodeDefs. @module */
import type { DType } from '../../../tensors/index.js';
import { ComputeError } from '../../../errors.js';

const TYPES: Readonly<Record<string, DType>> = {
  DT_FLOAT: 'float32',
  DT_HALF: 'float32',
  DT_DOUBLE: 'float32',
  DT_INT32: 'int32',
  DT_INT64: 'int32',
  DT_UINT8: 'int32',
  DT_INT8: 'int32',
  DT_BOOL: 'bool',
};

/** @throws ComputeError UNSUPPORTED_OPERATION for texts and other types without numbers. */
export function dtypeOf(name: string): DType {
  if (Object.hasOwn(TYPES, name)) return TYPES[name]!;
  throw new ComputeError('UNSUPPORTED_OPERATION', `values of the type ${name} are not supported`);
}
