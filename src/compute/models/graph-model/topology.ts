/** Reads the nodes of a TensorFlow.js GraphModel: TensorFlow's own NodeDefs as JSON. @module */
import { z } from 'zod';
import { ComputeError } from '../../errors.js';
import type { HostTensors } from '../../tensors/index.js';
import { Attributes, type AttributeValue } from '../dataflow/attributes.js';
import { type DataflowGraph, type GraphNode, sorted } from '../dataflow/graph.js';
import type { DeclaredInput } from '../dataflow/network.js';
import type { ModelJson } from '../model-json.js';

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
});
const topologySchema = z.object({
  node: z
    .array(
      z.object({
        name: z.string().min(1),
        op: z.string(),
        input: z.array(z.string()).optional(),
        attr: z.record(z.string(), attribute).optional(),
      }),
    )
    .min(1),
});
const tensorInfo = z.object({ name: z.string() });
const signatureSchema = z.object({ outputs: z.record(z.string(), tensorInfo) });

type NodeDef = z.infer<typeof topologySchema>['node'][number];

export interface GraphModelTopology {
  readonly graph: DataflowGraph;
  readonly input: DeclaredInput;
  readonly warnings: readonly string[];
}

/** @throws ComputeError INVALID_MODEL with the path of what is at fault. */
export function readGraph(json: ModelJson, weights: HostTensors): GraphModelTopology {
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
  const computed = definitions.filter(({ op }) => op !== 'Placeholder' && op !== 'Const' && op !== 'NoOp');
  const { output, warnings } = findOutput(json, computed);
  return {
    graph: {
      nodes: sorted(graphNodes(computed)),
      constants: new Map(Object.entries(weights)),
      input: placeholders[0]!.name,
      output,
    },
    input: declaredInput(placeholders[0]!),
    warnings,
  };
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
  for (const [name, { i, f, b, s, type: dtype, shape: dims, list }] of Object.entries(attr)) {
    const value = i ?? f ?? b ?? s ?? dtype ?? dims?.dim?.map(({ size }) => size) ?? list?.i ?? list?.f ?? list?.s;
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** The one output of the signature, or the one value that no node reads. */
function findOutput(json: ModelJson, definitions: readonly NodeDef[]): { output: string; warnings: string[] } {
  const signature = signatureSchema.safeParse(json.signature ?? json.userDefinedMetadata?.['signature']);
  const read = new Set(definitions.flatMap(({ input = [] }) => input.map((name) => name.replace(/:\d+$/, ''))));
  const names = signature.success
    ? Object.values(signature.data.outputs).map(({ name }) => valueName(name))
    : definitions.filter(({ name }) => !read.has(name)).map(({ name }) => name);
  if (names.length === 0) throw new ComputeError('INVALID_MODEL', 'The graph has no output.', ['modelTopology']);
  const warnings = names.length > 1 ? [`The scores are taken from ${names[0]!}; not from ${names.slice(1).join(', ')}.`] : [];
  return { output: names[0]!, warnings };
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
