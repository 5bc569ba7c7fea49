/** Which output of an ONNX file is asked for. @module */
import { create } from '@bufbuild/protobuf';
import { TensorProto_DataType as DataType, TypeProtoSchema, ValueInfoProtoSchema, type GraphProto, type ValueInfoProto } from 'onnx-buf';
import { ComputeError } from '../../../errors.js';
import { declaration } from '../../onnx/declaration.js';
import { chooseOutput } from '../../dataflow/choose-output.js';
import type { ModelAccess, ModelSpec } from '../../types.js';

export interface SelectedOutput {
  /** With that output alone. */
  readonly graph: GraphProto;
  readonly holds: 'SCORES' | 'LABELS';
  readonly warnings: readonly string[];
}

const INTEGERS: readonly DataType[] = [DataType.INT64, DataType.INT32];

/**
 * Scores where there are any, also those that scikit-learn's converter packs into dictionaries; labels where those do.
 * @throws ComputeError INVALID_MODEL
 */
export function selectOutput(graph: GraphProto, access: ModelAccess, given: Partial<ModelSpec>): SelectedOutput {
  const packed = graph.node.filter(({ opType }) => opType === 'ZipMap');
  const scores = graph.output.flatMap((output): ValueInfoProto[] => {
    const zipMap = packed.find(({ output: [name] }) => name === output.name);
    if (zipMap) return [floatValue(zipMap.input[0]!)];
    return declaration(output).isFloat ? [output] : [];
  });
  const labels = graph.output.filter(({ type }) => type?.value.case === 'tensorType' && INTEGERS.includes(type.value.value.elemType));
  const holds = scores.length > 0 ? 'SCORES' : 'LABELS';
  const values = (holds === 'SCORES' ? scores : labels).map((value) => ({ ...declaration(value), value }));
  const chosen = chooseOutput(values, graph.output.map(declaration), holds === 'LABELS' ? { output: given.output } : given);
  const others = values.filter((value) => value !== chosen);
  const names = graph.output.map(({ name }) => name).join(', ');
  if (holds === 'LABELS' && access === 'SCORE') {
    throw new ComputeError('INVALID_MODEL', `The outputs ${names} hold labels alone. Submit the file with access DECISION.`, ['access']);
  }
  return {
    graph: { ...graph, node: graph.node.filter((node) => !packed.includes(node)), output: [chosen.value] },
    holds,
    warnings:
      others.length > 0 && given.output === undefined
        ? [`The ${holds.toLowerCase()} are taken from ${chosen.name}; not from ${others.map(({ name }) => name).join(', ')}.`]
        : [],
  };
}

/** A value of the graph that the file does not declare as an output. */
function floatValue(name: string): ValueInfoProto {
  const tensorType = { elemType: DataType.FLOAT };
  return create(ValueInfoProtoSchema, { name, type: create(TypeProtoSchema, { value: { case: 'tensorType', value: tensorType } }) });
}
