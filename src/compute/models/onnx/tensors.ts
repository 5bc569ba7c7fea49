/** Tensors of ONNX files, of every numeric type, as host tensors. Sizes are checked before any memory is taken for them. @module */
import { stat } from 'node:fs/promises';
import { getFloat16 } from '@petamoriken/float16';
import { TensorProto_DataLocation as DataLocation, TensorProto_DataType as DataType, type TensorProto } from 'onnx-buf';
import { type DType, type HostTensor, sizeOf } from '../../tensors/index.js';
import { ComputeError } from '../../errors.js';
import { pathInside, readExactly } from '../model-files.js';

interface Format {
  /** What it becomes: 64-bit integers are clamped to 32 bits, doubles and halves become float32. */
  readonly dtype: DType;
  readonly bytes: number;
  read(view: DataView, at: number): number;
  /** The typed field that holds the values where there are no raw bytes. */
  values(tensor: TensorProto): readonly (number | bigint)[];
}

const float = (values: Format['values'], bytes: number, read: Format['read']): Format => ({ dtype: 'float32', bytes, read, values });
const integer = (values: Format['values'], bytes: number, read: Format['read']): Format => ({ dtype: 'int32', bytes, read, values });
const clamp = (value: bigint) => Number(value < -(2n ** 31n) ? -(2n ** 31n) : value > 2n ** 31n - 1n ? 2n ** 31n - 1n : value);
const int32Data: Format['values'] = ({ int32Data: data }) => data;
const halfData: Format['values'] = ({ int32Data: data }) => data.map(halfToNumber);
const bfloat16Data: Format['values'] = ({ int32Data: data }) => data.map(bfloat16ToNumber);

const FORMATS: Readonly<Record<number, Format>> = {
  [DataType.FLOAT]: float(
    ({ floatData }) => floatData,
    4,
    (view, at) => view.getFloat32(at, true),
  ),
  [DataType.DOUBLE]: float(
    ({ doubleData }) => doubleData,
    8,
    (view, at) => view.getFloat64(at, true),
  ),
  [DataType.FLOAT16]: float(halfData, 2, (view, at) => getFloat16(view, at, true)),
  [DataType.BFLOAT16]: float(bfloat16Data, 2, (view, at) => bfloat16ToNumber(view.getUint16(at, true))),
  [DataType.INT8]: integer(int32Data, 1, (view, at) => view.getInt8(at)),
  [DataType.UINT8]: integer(int32Data, 1, (view, at) => view.getUint8(at)),
  [DataType.INT16]: integer(int32Data, 2, (view, at) => view.getInt16(at, true)),
  [DataType.UINT16]: integer(int32Data, 2, (view, at) => view.getUint16(at, true)),
  [DataType.INT32]: integer(int32Data, 4, (view, at) => view.getInt32(at, true)),
  [DataType.UINT32]: integer(
    ({ uint64Data }) => uint64Data.map(clamp),
    4,
    (view, at) => clamp(BigInt(view.getUint32(at, true))),
  ),
  [DataType.INT64]: integer(
    ({ int64Data }) => int64Data.map(clamp),
    8,
    (view, at) => clamp(view.getBigInt64(at, true)),
  ),
  [DataType.UINT64]: integer(
    ({ uint64Data }) => uint64Data.map(clamp),
    8,
    (view, at) => clamp(view.getBigUint64(at, true)),
  ),
  [DataType.BOOL]: { dtype: 'bool', bytes: 1, read: (view, at) => view.getUint8(at), values: int32Data },
};

/** The dtype that a type of ONNX becomes, or undefined for strings and other types without numbers. */
export function dtypeOf(dataType: number): DType | undefined {
  return FORMATS[dataType]?.dtype;
}

/** Elements as declared. @throws ComputeError INVALID_MODEL for impossible sizes. */
export function shapeOfTensor({ name, dims }: TensorProto): number[] {
  const shape = dims.map(Number);
  if (shape.every((size) => Number.isSafeInteger(size) && size >= 0) && Number.isSafeInteger(sizeOf(shape))) return shape;
  throw new ComputeError('INVALID_MODEL', `Tensor ${name} declares the shape [${shape.join(', ')}].`, ['weights', name]);
}

/**
 * @param directory of the ONNX file, in which files with external data lie.
 * @throws ComputeError UNSUPPORTED_OPERATION (type), or INVALID_MODEL where the file holds more or fewer values than declared.
 */
export async function readTensor(tensor: TensorProto, directory: string): Promise<HostTensor> {
  const { name } = tensor;
  const format = formatOf(tensor);
  const shape = shapeOfTensor(tensor);
  const size = sizeOf(shape);
  if (tensor.dataLocation !== DataLocation.EXTERNAL) return tensorInside(tensor);
  return decode(await readExternal(tensor, size * format.bytes, directory), shape, format, name);
}

/** A tensor whose data is in the file itself. @throws ComputeError as {@link readTensor}. */
export function tensorInside(tensor: TensorProto): HostTensor {
  const { name } = tensor;
  const format = formatOf(tensor);
  const shape = shapeOfTensor(tensor);
  const size = sizeOf(shape);
  if (tensor.rawData.length > 0) return decode(tensor.rawData, shape, format, name);
  const values = format.values(tensor);
  checkCount(name, values.length, size);
  return { dtype: format.dtype, shape, data: arrayOf(format.dtype, size, (i) => Number(values[i])) };
}

/** Takes the external data of a tensor into it. @param directory as for {@link readTensor}, which also says what it throws. */
export async function takeIn(tensor: TensorProto, directory: string): Promise<void> {
  if (tensor.dataLocation !== DataLocation.EXTERNAL) return;
  tensor.rawData = await readExternal(tensor, sizeOf(shapeOfTensor(tensor)) * formatOf(tensor).bytes, directory);
  tensor.dataLocation = DataLocation.DEFAULT;
  tensor.externalData = [];
}

/** Every tensor of a message, those of attributes and of graphs inside of graphs too. */
export function* tensorsOf(message: object): Generator<TensorProto> {
  if ('$typeName' in message && message.$typeName === 'onnx.TensorProto') yield message as TensorProto;
  else for (const child of Object.values(message)) if (isNested(child)) yield* tensorsOf(child);
}

/** A message or a list of messages; lists of numbers are left out. */
function isNested(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !(Array.isArray(value) && typeof value[0] !== 'object')
  );
}

/** @throws ComputeError UNSUPPORTED_OPERATION */
function formatOf({ name, dataType }: TensorProto): Format {
  const format = FORMATS[dataType];
  if (format) return format;
  const typeName = DataType[dataType] ?? `number ${dataType}`;
  throw new ComputeError('UNSUPPORTED_OPERATION', `Tensor ${name} is of the type ${typeName}, which cannot be computed with.`, [
    'weights',
    name,
  ]);
}

function decode(bytes: Uint8Array, shape: readonly number[], format: Format, name: string): HostTensor {
  const size = sizeOf(shape);
  checkCount(name, bytes.length / format.bytes, size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { dtype: format.dtype, shape, data: arrayOf(format.dtype, size, (i) => format.read(view, i * format.bytes)) };
}

function arrayOf(dtype: DType, size: number, at: (i: number) => number): HostTensor['data'] {
  const data = dtype === 'float32' ? new Float32Array(size) : dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
  for (let i = 0; i < size; i++) data[i] = at(i);
  return data;
}

function checkCount(name: string, found: number, declared: number): void {
  if (found === declared) return;
  throw new ComputeError('INVALID_MODEL', `Tensor ${name} declares ${declared} values and holds ${found}. Export the model again.`, [
    'weights',
    name,
  ]);
}

async function readExternal({ name, externalData }: TensorProto, length: number, directory: string): Promise<Uint8Array<ArrayBuffer>> {
  const entries = new Map(externalData.map(({ key, value }) => [key, value]));
  const path = await pathInside(directory, entries.get('location') ?? '');
  const offset = Number(entries.get('offset') ?? 0);
  const declared = Number(entries.get('length') ?? length);
  const { size } = await stat(path);
  if (declared !== length || !Number.isSafeInteger(offset) || offset < 0 || offset + length > size) {
    throw new ComputeError(
      'INVALID_MODEL',
      `Tensor ${name} needs ${length} bytes from ${offset} on of ${entries.get('location')}, which has ${size} (the tensor says ${declared}).`,
      ['weights', name],
    );
  }
  const bytes = new Uint8Array(length);
  await readExactly(path, bytes, offset);
  return bytes;
}

const pattern = new DataView(new ArrayBuffer(4));

function halfToNumber(bits: number): number {
  pattern.setUint16(0, bits);
  return getFloat16(pattern, 0);
}

/** The upper half of a float32. */
function bfloat16ToNumber(bits: number): number {
  pattern.setUint32(0, bits << 16);
  return pattern.getFloat32(0);
}
