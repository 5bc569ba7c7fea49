/**
 * Tracing: a tfjs backend that computes nothing and records every kernel call, those of autodiff included, in a {@link Graph}.
 * @module
 */
import { ComputeError } from '../../errors.js';
import { asHostData, type DType, type Tensors } from '../../tensors/index.js';
import { computeOn, tf } from '../tensorflow.js';
import { type Attributes, Graph, type Inputs, type Kernel, type Spec, Value } from './graph.js';
import { findOperation } from './registry.js';
import { inferByComputing } from './fold.js';

const BACKEND = 'trace';

/** The trace in progress on this thread; tracing is synchronous, so there is at most one. */
let current: Trace | undefined;

class Trace {
  readonly graph = new Graph();
  readonly values = new WeakMap<object, Value>();
  /** Kernels without a lowering; tracing goes on past them so that the error can name all. */
  readonly unsupported = new Set<string>();

  bind(value: Value): tf.TensorInfo {
    const dataId = {};
    this.values.set(dataId, value);
    return { dataId, shape: [...value.shape], dtype: value.dtype };
  }

  record(kernel: string, inputs: Inputs, attrs: tf.NamedAttrMap): tf.TensorInfo | tf.TensorInfo[] {
    if (kernel === 'Identity') return this.bind(inputs.x!);
    const plain: Attributes = { ...attrs };
    const operation = findOperation(kernel);
    const outputs = this.graph.node(operation ?? this.withoutLowering(kernel, inputs, plain), inputs, plain);
    const infos = outputs.map((output) => this.bind(output));
    return infos.length === 1 && !operation?.returnsList ? infos[0]! : infos;
  }

  /** Stands in for an operation until tracing has ended. */
  private withoutLowering(kernel: string, inputs: Inputs, attrs: Attributes): Kernel<Attributes> {
    this.unsupported.add(kernel);
    const specs = inferByComputing(kernel, inputs, attrs);
    // Nothing can be traced past a complex or string tensor.
    if (!specs.every(({ dtype }) => ['float32', 'int32', 'bool'].includes(dtype))) throw unsupportedKernels(this.unsupported);
    return { name: kernel, infer: () => specs };
  }
}

class TraceBackend extends tf.KernelBackend {
  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    const dataId = {};
    this.move(dataId, values, shape, dtype);
    return dataId;
  }

  override move(dataId: object, values: tf.BackendValues, shape: number[], dtype: tf.DataType): void {
    if (dtype === 'string' || dtype === 'complex64') throw unsupportedType(dtype);
    const trace = current!;
    trace.values.set(dataId, trace.graph.constant(asHostData(values as Iterable<number>, dtype), shape, dtype));
  }

  override readSync(dataId: object): tf.BackendValues {
    const value = current?.values.get(dataId);
    if (value?.isConstant) return value.data;
    const source = value?.producer ? `the result of ${value.producer.kernel}` : 'an input';
    throw new ComputeError(
      'UNSUPPORTED_OPERATION',
      `A traced function reads the values of ${source} (dataSync, data or a data-dependent op). Values exist only when the compiled function runs: ` +
        'move what depends on them out of the function.',
    );
  }

  override read(dataId: object): Promise<tf.BackendValues> {
    return Promise.resolve(this.readSync(dataId));
  }

  override disposeData(): boolean {
    return true;
  }

  override refCount(): number {
    return 1;
  }

  override incRef(): void {}

  decRef(): void {}

  override numDataIds(): number {
    return 0;
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override dispose(): void {}
}

function unsupportedType(dtype: string): ComputeError {
  return new ComputeError('UNSUPPORTED_OPERATION', `Tensors of dtype ${dtype} cannot be compiled.`);
}

function unsupportedKernels(kernels: ReadonlySet<string>): ComputeError {
  const names = [...kernels].sort();
  return new ComputeError(
    'UNSUPPORTED_OPERATION',
    `No compiled form of the kernel${names.length > 1 ? 's' : ''} ${names.join(', ')}.`,
    names,
  );
}

let registered = false;

/** Registers the backend and a recording kernel for every kernel name that tfjs knows. */
function register(): void {
  if (registered) return;
  registered = true;
  tf.registerBackend(BACKEND, () => new TraceBackend(), 0);
  for (const kernelName of kernelNames()) {
    tf.registerKernel({
      kernelName,
      backendName: BACKEND,
      kernelFunc: ({ inputs, attrs }) => current!.record(kernelName, valuesOf(inputs), attrs ?? {}),
    });
  }
}

/** All kernel names: tfjs-core exports each as a constant beside its ops. */
function kernelNames(): string[] {
  return Object.entries(tf).flatMap(([key, value]) => (key === value ? [key] : []));
}

function valuesOf(inputs: tf.NamedTensorInfoMap): Inputs {
  const values: Inputs = {};
  for (const [name, info] of Object.entries(inputs)) {
    if (info === undefined || info === null) continue;
    values[name] = valueOf(info);
  }
  return values;
}

function valueOf(info: tf.TensorInfo): Value {
  const trace = current!;
  let value = trace.values.get(info.dataId);
  if (!value) {
    // A tensor that lives on another backend: its data, read there, is a constant here.
    value = trace.graph.constant(
      asHostData(tf.engine().readSync(info.dataId) as Iterable<number>, info.dtype as DType),
      info.shape,
      info.dtype as DType,
    );
    trace.values.set(info.dataId, value);
  }
  return value;
}

/**
 * Traces `fn` over inputs of the given specs.
 * @throws ComputeError UNSUPPORTED_OPERATION, naming all kernels without a lowering, or the op whose values `fn` tries to read.
 */
export function trace(inputs: Readonly<Record<string, Spec>>, fn: (inputs: Tensors) => Tensors): Graph {
  if (current) throw new ComputeError('INTERNAL', 'A traced function cannot itself compile or run a function.');
  register();
  const tracing = (current = new Trace());
  try {
    computeOn(BACKEND, () => {
      const tensors: Tensors = {};
      for (const [name, spec] of Object.entries(inputs)) {
        const info = tracing.bind(tracing.graph.input(name, spec));
        tensors[name] = tf.engine().makeTensorFromTensorInfo(info);
      }
      for (const [name, tensor] of Object.entries(fn(tensors))) tracing.graph.outputs.set(name, valueOf(tensor));
    });
  } finally {
    current = undefined;
  }
  if (tracing.unsupported.size) throw unsupportedKernels(tracing.unsupported);
  return tracing.graph;
}
