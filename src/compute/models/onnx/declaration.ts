/** What an ONNX graph says of its inputs and outputs. @module */
import type { GraphProto, ModelProto, TensorProto_DataType as DataType, ValueInfoProto } from 'onnx-buf';
import { dtypeOf } from './tensors.js';

export type OnnxModel = ModelProto & { graph: GraphProto };

/** An input or output of the whole graph. */
export interface Declaration {
  readonly name: string;
  /** With the batch axis; null where a size is open. Undefined for sequences, maps, strings and tensors of unknown rank. */
  readonly shape?: readonly (number | null)[];
  readonly isFloat: boolean;
  /** Undefined where it is no tensor. */
  readonly elemType?: DataType;
}

/** Without the initializers that old files list among the inputs, which are their defaults. */
export function inputsOf({ input, initializer }: GraphProto): Declaration[] {
  const defaults = new Set(initializer.map(({ name }) => name));
  return input.filter(({ name }) => !defaults.has(name)).map(declaration);
}

export function declaration({ name, type }: ValueInfoProto): Declaration {
  if (type?.value.case !== 'tensorType') return { name, isFloat: false };
  const { elemType, shape } = type.value.value;
  return {
    name,
    elemType,
    isFloat: dtypeOf(elemType) === 'float32',
    shape: shape?.dim.map(({ value }) => (value.case === 'dimValue' && value.value > 0n ? Number(value.value) : null)),
  };
}
