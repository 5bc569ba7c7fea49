/** Small inputs for operators, of which gradients can be checked. */
import type { AttributeValue } from '../../../src/compute/models/dataflow/attributes.js';
import type { DType, HostTensor } from '../../../src/compute/tensors/types.js';
import { sizeOf } from '../../../src/compute/tensors/host-tensor.js';

/** A value that gradients are taken by; the operator gets it as `dtype`. */
export interface Variable {
  readonly shape: readonly number[];
  readonly values: Float32Array;
  readonly dtype: DType;
}

/** One node. A host tensor among its inputs is a constant. */
export interface OperatorCase {
  readonly inputs: readonly (Variable | HostTensor | undefined)[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Of the operator set. */
  readonly version?: number;
  /** Whether steps move with the input, as where its own bounds are the scale. */
  readonly hasMovingSteps?: true;
  /** How many outputs the node has, by default one. */
  readonly outputs?: number;
}

export type Cases = Readonly<Record<string, OperatorCase | readonly OperatorCase[]>>;

/**
 * Values in any order that stay clear of each other, of those of another `offset`, of 0 and of multiples of 0.5, by more than the step of finite
 * differences: kinks and steps lie there.
 */
export function variable(
  shape: readonly number[],
  { offset = 0, signed = true, scale = 1, shift = 0, dtype = 'float32' as DType } = {},
): Variable {
  const size = sizeOf(shape);
  // 37 has no common factor with the sizes that are used.
  const values = Float32Array.from({ length: size }, (_, i) => {
    const place = (i * 37 + 5) % size;
    const magnitude = 0.205 + 0.01 * offset + 0.02 * place;
    return (signed && place % 2 === 1 ? -magnitude : magnitude) * scale + shift;
  });
  return { shape, values, dtype };
}

/** Another value of the same kind as {@link variable}. */
export const other = (shape: readonly number[]) => variable(shape, { offset: 1 });
export const positive = (shape: readonly number[]) => variable(shape, { signed: false });
/** Inside (-0.9, 0.9). */
export const inner = (shape: readonly number[]) => variable(shape, { scale: 0.8 });
/** Truth values, all true. */
export const truth = (shape: readonly number[]) => variable(shape, { dtype: 'bool' });
/** Whole numbers: zeros, mostly. */
export const whole = (shape: readonly number[]) => variable(shape, { signed: false, dtype: 'int32' });

export function ints(values: readonly number[], shape: readonly number[] = [values.length]): HostTensor {
  return { dtype: 'int32', shape, data: Int32Array.from(values) };
}

export function floats(values: readonly number[], shape: readonly number[] = [values.length]): HostTensor {
  return { dtype: 'float32', shape, data: Float32Array.from(values) };
}

export function bools(values: readonly number[], shape: readonly number[] = [values.length]): HostTensor {
  return { dtype: 'bool', shape, data: Uint8Array.from(values) };
}

/** The same case for several operators. */
export function each<Name extends string>(names: readonly Name[], one: OperatorCase | readonly OperatorCase[]): Cases {
  return Object.fromEntries(names.map((name) => [name, one]));
}
