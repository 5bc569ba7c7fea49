/** Refusals of layers that have no implementation here, with what can be done about each. @module */
import { ComputeError } from '../../errors.js';

export interface Unknown {
  /** `layer Lambda`, `activation sparsemax`. */
  readonly what: string;
  /** Why there is none, where the class says. */
  readonly why?: string;
}

interface Layer {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

const OPERATIONS = ['TFOpLambda', 'SlicingOpLambda', 'TensorFlowOpLayer'];

export function unknownLayer({ class_name, config }: Layer): Unknown {
  const name = String(config['name'] ?? class_name);
  if (class_name === 'Lambda') return { what: `layer ${name} (Lambda)`, why: 'a Lambda holds Python code, which is not run here' };
  if (OPERATIONS.includes(class_name)) {
    return {
      what: `layer ${name} (${String(config['function'] ?? class_name)})`,
      why: 'functions of TensorFlow between layers are not read here',
    };
  }
  return { what: `layer ${class_name}` };
}

export function notSupported(unknown: readonly Unknown[]): ComputeError {
  const names = unknown.map(({ what }) => what);
  const reasons = [...new Set(unknown.flatMap(({ why }) => why ?? []))].map((why) => `${why[0]!.toUpperCase()}${why.slice(1)}. `);
  return new ComputeError(
    'UNSUPPORTED_OPERATION',
    `There is no implementation of ${names.join(', ')}. ${reasons.join('')}Export the model in operators, as a GraphModel (tensorflowjs_converter --output_format=tfjs_graph_model) or to ONNX (tf2onnx), or replace what is named by built-in layers.`,
    ['modelTopology', ...names],
  );
}
