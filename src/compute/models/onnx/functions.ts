/** Functions that a file defines itself, replaced by their nodes where they are called. @module */
import { create } from '@bufbuild/protobuf';
import { NodeProtoSchema, type AttributeProto, type FunctionProto, type GraphProto, type ModelProto, type NodeProto } from 'onnx-buf';
import { ComputeError } from '../../errors.js';
import type { ModelLimits } from '../types.js';
import type { OnnxModel } from './declaration.js';

/** Functions may call functions, so that a small file can stand for many nodes; this many times the nodes that a model may have are written out. */
const CONSTANTS_FOR_EACH_NODE = 4;
const MAXIMUM_DEPTH = 32;

type Rename = (name: string) => string;

const nodeName = ({ name, output, opType }: NodeProto) => name || output[0] || opType;
const keyOf = (domain: string, name: string, overload: string) => [domain === 'ai.onnx' ? '' : domain, name, overload].join(':');

/**
 * The same model without functions.
 * @throws ComputeError INVALID_MODEL for a function that calls itself, UNSUPPORTED_OPERATION for one of another operator set than the file, LIMIT_EXCEEDED.
 */
export function inlineFunctions(model: OnnxModel, limits: ModelLimits): OnnxModel {
  if (model.functions.length === 0) return model;
  const functions = new Map(model.functions.map((fn) => [keyOf(fn.domain, fn.name, fn.overload), fn]));
  const version = ({ opsetImport }: Pick<ModelProto, 'opsetImport'>) =>
    opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version;
  const maximum = CONSTANTS_FOR_EACH_NODE * limits.maximumLayers;
  let written = 0;

  const inGraph = (graph: GraphProto, depth: number): GraphProto =>
    changed(graph, { node: graph.node.flatMap((node) => expand(node, depth)) });

  const expand = (node: NodeProto, depth: number): NodeProto[] => {
    const fn = functions.get(keyOf(node.domain, node.opType, node.overload));
    if (++written > maximum)
      throw new ComputeError('LIMIT_EXCEEDED', `With its functions written out, the model has more than ${maximum} nodes.`, ['graph']);
    if (!fn) return [withGraphs(node, (graph) => inGraph(graph, depth))];
    if (depth >= MAXIMUM_DEPTH) throw new ComputeError('INVALID_MODEL', `The function ${fn.name} calls itself.`, ['functions', fn.name]);
    const [own, whole] = [version(fn), version(model)];
    if (own !== undefined && whole !== undefined && own !== whole) {
      const message = `The function ${fn.name} is of operator set ${own} in a file of operator set ${whole}. Write it out before you submit the file (onnx.inliner.inline_local_functions).`;
      throw new ComputeError('UNSUPPORTED_OPERATION', message, ['functions', fn.name]);
    }
    return bodyOf(fn, node, written).flatMap((inner) => expand(inner, depth + 1));
  };
  return changed(model, { functions: [], graph: inGraph(model.graph, 0) });
}

/** The nodes of a call, with names of their own. @param call number of the call. */
function bodyOf(fn: FunctionProto, node: NodeProto, call: number): NodeProto[] {
  const prefix = `${nodeName(node)}/${call}/`;
  const names = new Map(fn.input.map((name, i) => [name, node.input[i] ?? '']));
  const passed: NodeProto[] = [];
  for (const [i, name] of fn.output.entries()) {
    const to = node.output[i] ?? '';
    if (to === '') continue;
    if (names.has(name)) passed.push(identity(names.get(name)!, to));
    else names.set(name, to);
  }
  const rename: Rename = (name) => (name === '' ? '' : (names.get(name) ?? prefix + name));
  const given = new Map([...fn.attributeProto, ...node.attribute].map((attribute) => [attribute.name, attribute]));
  return [...fn.node.map((inner) => renamed(withAttributes(inner, given), rename, prefix)), ...passed];
}

/** A node that gives a value another name. */
export function identity(from: string, to: string): NodeProto {
  return create(NodeProtoSchema, { name: `${to}/identity`, opType: 'Identity', input: [from], output: [to] });
}

/** A copy with other fields. A spread would lose the defaults of fields that are not set, which messages inherit. */
export function changed<Message extends object>(message: Message, fields: Partial<Message>): Message {
  return Object.assign(Object.create(Object.getPrototypeOf(message) as object) as Message, message, fields);
}

/** Attributes of the call in place of those that refer to them; what the call leaves out is left out. */
function withAttributes(node: NodeProto, given: ReadonlyMap<string, AttributeProto>): NodeProto {
  const attribute = node.attribute.flatMap((one) => {
    if (one.refAttrName === '') return [one];
    const value = given.get(one.refAttrName);
    return value ? [changed(value, { name: one.name })] : [];
  });
  return withGraphs(changed(node, { attribute }), (graph) =>
    changed(graph, { node: graph.node.map((inner) => withAttributes(inner, given)) }),
  );
}

/** A copy with other graphs in its attributes. */
function withGraphs(node: NodeProto, change: (graph: GraphProto) => GraphProto): NodeProto {
  if (!node.attribute.some(({ g }) => g)) return node;
  return changed(node, { attribute: node.attribute.map((one) => (one.g ? changed(one, { g: change(one.g) }) : one)) });
}

/** A copy with other names of values, also in the graphs of its attributes. @param prefix of the node's own name. */
export function renamed(node: NodeProto, rename: Rename, prefix: string): NodeProto {
  const copy = changed(node, { name: prefix + nodeName(node), input: node.input.map(rename), output: node.output.map(rename) });
  return withGraphs(copy, (graph) =>
    changed(graph, {
      input: graph.input.map((value) => changed(value, { name: rename(value.name) })),
      output: graph.output.map((value) => changed(value, { name: rename(value.name) })),
      initializer: graph.initializer.map((tensor) => changed(tensor, { name: rename(tensor.name) })),
      node: graph.node.map((inner) => renamed(inner, rename, prefix)),
    }),
  );
}
