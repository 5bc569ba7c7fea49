/** Reads the nodes of a TensorFlow.js GraphModel: TensorFlow's own NodeDefs as JSON. @module */
import { z } from 'zod';
import { ComputeError } from '../../errors.js';
import type { HostTensors } from '../../tensors/index.js';
import { Attributes, type AttributeValue } from '../dataflow/attributes.js';
import { chooseOutput } from '../dataflow/choose-output.js';
import { type DataflowGraph, type GraphNode, producersOf, sorted } from '../dataflow/graph.js';
import type { DeclaredInput } from '../dataflow/network.js';
import type { ModelJson } from '../model-json.js';
import { imageShapeOf } from '../spec.js';
import type { ModelLimits, ModelSpec } from '../types.js';
import { hasControlFlow, resolveControlFlow } from './control-flow.js';
import type { GraphFunction } from './loops.js';

const integer = z.union([z.number(), z.string().regex(/^-?\d+$/)]).transform(Number);
const text = z
  .union([z.string(), z.array(z.number())])
  .transform((value) => (typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : String.fromCharCode(...value)));
const shape = z.object({ dim: z.array(z.object({ size: integer })).optional(), unknownRank: z.boolean().optional() });
const type = z.union([z.string(), z.number()]).transform(String);
const attribute = z.object({
  i: integer.optional(),
  f: z.coerce.number().optional(),
  b: z.boolean().optional(),
  s: text.optional(),
  type: type.optional(),
  shape: shape.optional(),
  list: z.object({ i: z.array(integer).optional(), f: z.array(z.number()).optional(), s: z.array(text).optional() }).optional(),
  func: z.object({ name: z.string() }).optional(),
});
const nodeDef = z.object({
  name: z.string().min(1),
  op: z.string(),
  input: z.array(z.string()).optional(),
  attr: z.record(z.string(), attribute).optional(),
});
const argument = z.object({ name: z.string() });
const functionDef = z.object({
  signature: z.object({ name: z.string(), inputArg: z.array(argument).optional(), outputArg: z.array(argument).optional() }),
  nodeDef: z.array(nodeDef).optional(),
  ret: z.record(z.string(), z.string()).optional(),
});
const topologySchema = z.object({
  node: z.array(nodeDef).min(1),
  library: z.object({ function: z.array(functionDef).optional() }).optional(),
});
const tensorInfo = z.object({
  name: z.string(),
  tensorShape: shape.optional(),
});
const signatureSchema = z.object({ outputs: z.record(z.string(), tensorInfo) });

type NodeDef = z.infer<typeof topologySchema>['node'][number];

export interface GraphModelTopology {
  readonly graph: DataflowGraph;
  readonly input: DeclaredInput;
  readonly warnings: readonly string[];
}

/**
 * @param spec what is known of the model.
 * @throws ComputeError INVALID_MODEL with the path of what is at fault; UNSUPPORTED_OPERATION for branches that depend on pixels.
 */
export function readGraph(json: ModelJson, weights: HostTensors, spec: Partial<ModelSpec>, limits: ModelLimits): GraphModelTopology {
  const parsed = topologySchema.safeParse(json.modelTopology);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new ComputeError('INVALID_MODEL', `The topology of the GraphModel is damaged: ${path.join('.')}: ${message}`, [
      'modelTopology',
      ...path.map(String),
    ]);
  }
  const definitions = parsed.data.node;
  const placeholders = definitions.filter(({ op }) => op === 'Placeholder');
  if (placeholders.length !== 1) {
    throw new ComputeError('INVALID_MODEL', `The graph has ${placeholders.length} inputs; a classifier has one, the image.`, [
      'modelTopology',
    ]);
  }
  const computed = definitions.filter(isComputed);
  const { output, warnings } = findOutput(json, computed, spec);
  const constants = new Map(Object.entries(weights));
  const [{ name: input }] = placeholders as [NodeDef];
  const declared = declaredInput(placeholders[0]!);
  // What the output does not need is not looked at.
  const needed = neededFor(output, graphNodes(computed));
  const nodes = hasControlFlow(needed)
    ? resolveControlFlow(needed, {
        functions: functionsOf(parsed.data.library?.function ?? []),
        constants,
        input,
        shape: [declared.batch ?? BATCH, ...shapeOfImage(declared.shape, spec)],
        maximumNodes: limits.maximumLayers,
        maximumElements: limits.maximumLayerValues,
      })
    : needed;
  return { graph: { nodes: sorted(nodes), constants, input, output }, input: declared, warnings };
}

/** The nodes that a value depends on, in any order. */
function neededFor(output: string, nodes: readonly GraphNode[]): GraphNode[] {
  const producers = producersOf({ nodes });
  const needed = new Set<GraphNode>();
  const open = [output];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = producers.get(name);
    if (!node || needed.has(node)) continue;
    needed.add(node);
    open.push(...node.inputs);
  }
  return nodes.filter((node) => needed.has(node));
}

const isComputed = ({ op }: NodeDef) => !['Placeholder', 'Const', 'NoOp'].includes(op);

/** Images at which conditions are evaluated: another number than sizes that files have. */
const BATCH = 7;

function shapeOfImage(declared: DeclaredInput['shape'], spec: Partial<ModelSpec>): readonly number[] {
  return declared.length === 3 ? imageShapeOf(spec, declared) : (declared as number[]);
}

function functionsOf(definitions: readonly z.infer<typeof functionDef>[]): Map<string, GraphFunction> {
  return new Map(
    definitions.map(({ signature, nodeDef: nodes = [], ret = {} }) => [
      signature.name,
      {
        inputs: (signature.inputArg ?? []).map(({ name }) => name),
        // Constants have names of their own in the whole file.
        nodes: graphNodes(nodes.filter(isComputed).map((node) => ({ ...node, input: node.input?.map(valueInFunction) }))),
        outputs: (signature.outputArg ?? []).map(({ name }) => valueName(valueInFunction(ret[name] ?? ''))),
      },
    ]),
  );
}

/** Inside of functions an output is `node:name of the output:index`. */
function valueInFunction(input: string): string {
  return input.replace(/^([^^:]+):[^:]*:(\d+)$/, '$1:$2');
}

/** `node:0` is the node's first output, `node` too; `^node` only says what must have run. */
function valueName(input: string): string {
  return input.endsWith(':0') ? input.slice(0, -2) : input;
}

function graphNodes(definitions: readonly NodeDef[]): GraphNode[] {
  const inputsOf = ({ input = [] }: NodeDef) => input.filter((name) => !name.startsWith('^')).map(valueName);
  const outputs = new Map<string, number>();
  for (const name of definitions.flatMap(inputsOf)) {
    const [, node, index] = /^(.*):(\d{1,3})$/.exec(name) ?? [];
    if (node) outputs.set(node, Math.max(outputs.get(node) ?? 0, Number(index)));
  }
  return definitions.map((definition) => ({
    name: definition.name,
    operator: definition.op,
    version: 1,
    inputs: inputsOf(definition),
    outputs: Array.from({ length: (outputs.get(definition.name) ?? 0) + 1 }, (_, i) =>
      i === 0 ? definition.name : `${definition.name}:${i}`,
    ),
    attributes: new Attributes(definition.name, attributesOf(definition)),
  }));
}

function attributesOf({ attr = {} }: NodeDef): Record<string, AttributeValue> {
  const values: Record<string, AttributeValue> = Object.create(null);
  for (const [name, { i, f, b, s, type: dtype, shape: dims, list, func }] of Object.entries(attr)) {
    const value = i ?? f ?? b ?? s ?? dtype ?? func?.name ?? dims?.dim?.map(({ size }) => size) ?? list?.i ?? list?.f ?? list?.s;
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** The output of the signature that holds the scores of the classes, or the one value that no node reads. A name in the spec may be that of the signature. */
function findOutput(json: ModelJson, definitions: readonly NodeDef[], spec: Partial<ModelSpec>): { output: string; warnings: string[] } {
  const signature = signatureSchema.safeParse(json.signature ?? json.userDefinedMetadata?.['signature']);
  const read = new Set(definitions.flatMap(({ input = [] }) => input.map((name) => name.replace(/:\d+$/, ''))));
  const outputs = signature.success
    ? Object.entries(signature.data.outputs).map(([key, { name, tensorShape }]) => ({
        key,
        name: valueName(name),
        shape: tensorShape?.dim?.map(({ size }) => (size > 0 ? size : null)),
      }))
    : definitions.filter(({ name }) => !read.has(name)).map(({ name }) => ({ key: name, name, shape: undefined }));
  if (outputs.length === 0) throw new ComputeError('INVALID_MODEL', 'The graph has no output.', ['modelTopology']);
  const named = outputs.find(({ key }) => key === spec.output);
  const { name: output } = named ?? chooseOutput(outputs, outputs, spec);
  const others = outputs.filter(({ name }) => name !== output).map(({ name }) => name);
  const isSaid = spec.output !== undefined || others.length === 0;
  return { output, warnings: isSaid ? [] : [`The scores are taken from ${output}; not from ${others.join(', ')}.`] };
}

function declaredInput({ name, attr }: NodeDef): DeclaredInput {
  const dims = attr?.['shape']?.shape?.dim?.map(({ size }) => (size > 0 ? size : null));
  if (!dims || dims.length < 2 || dims.length > 4) {
    throw new ComputeError('INVALID_MODEL', `The input ${name} declares no shape of an image with a batch axis in front.`, [
      'modelTopology',
      name,
    ]);
  }
  const [batch, ...image] = dims;
  return { layout: 'AS_IS', shape: image, batch: batch! };
}
