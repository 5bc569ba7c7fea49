/** Calls of the layers of a functional model: each of a layer's inbound nodes is one. @module */
import { z } from 'zod';
import { ComputeError } from '../../errors.js';
import { sorted } from '../dataflow/graph.js';
import { type CallArguments, readCalls } from './connections.js';
import { isContainer, type LayerConfig, ownLayers } from './topology.js';

export interface LayerCall {
  /** By which connections refer to the layer. */
  readonly name: string;
  readonly layer: LayerConfig;
  /** Keys of the calls whose outputs it takes, as `name node`. */
  readonly inputs: readonly string[];
  /** Which of the outputs of each. */
  readonly tensors: readonly number[];
  /** By which name each of the inputs is given; undefined for those that have a place instead. */
  readonly argumentNames: readonly (string | undefined)[];
  /** What else it is given: numbers in place of values, and flags. */
  readonly given: Pick<CallArguments, 'constants' | 'settings'>;
  /** Its own key. */
  readonly outputs: readonly [string];
}

/** `[layer, node, tensor]`. */
const connection = z.tuple([z.string(), z.number().int().nonnegative()]).rest(z.unknown());

/**
 * @returns every call, in the order in which layers are listed.
 * @throws ComputeError INVALID_MODEL for connections that lead from nowhere or in a circle.
 */
export function callsOf(container: LayerConfig): LayerCall[] {
  const calls = ownLayers(container).flatMap(layerCalls);
  const known = new Set(calls.flatMap(({ outputs }) => outputs));
  for (const { name, inputs } of calls) {
    const missing = inputs.find((input) => !known.has(input));
    if (missing === undefined) continue;
    throw new ComputeError('INVALID_MODEL', `Layer ${name} is connected to ${missing}, which does not exist.`, ['modelTopology', name]);
  }
  sorted(calls);
  return calls;
}

function layerCalls(layer: LayerConfig): LayerCall[] {
  const name = String(layer.name ?? layer.config['name']);
  const read = readCalls(name, layer.inbound_nodes);
  const calls = read.length > 0 ? read : [NOTHING_GIVEN];
  // The first node of a container is its own inside, in the notation of Keras 2.
  const first = isContainer(layer) && !isKeras3(layer) ? 1 : 0;
  return calls.map(({ positional, named, ...given }, i) => {
    const connected = [...positional.map((one) => [undefined, one] as const), ...Object.entries(named)];
    return {
      name,
      layer,
      inputs: connected.map(([, from]) => `${from.layer} ${from.node}`),
      tensors: connected.map(([, { tensor }]) => tensor),
      argumentNames: connected.map(([argument]) => argument),
      given,
      outputs: [`${name} ${i + first}`],
    };
  });
}

const NOTHING_GIVEN: CallArguments = { positional: [], named: {}, constants: [], settings: {} };

/** Whether a layer is connected in the notation of Keras 3. */
function isKeras3({ inbound_nodes }: LayerConfig): boolean {
  return Array.isArray(inbound_nodes) && inbound_nodes.length > 0 && !Array.isArray(inbound_nodes[0]);
}

/** An input or output of a functional model: the key of a call, its layer's name, and which of its outputs. */
export interface End {
  readonly key: string;
  readonly name: string;
  readonly tensor: number;
}

/** @throws ComputeError INVALID_MODEL */
export function endsOf(container: LayerConfig, kind: 'input_layers' | 'output_layers'): End[] {
  const given = container.config[kind];
  // Keras 3 writes a single one without a list around it.
  const parsed = z.array(connection).safeParse(Array.isArray(given) && typeof given[0] === 'string' ? [given] : given);
  if (!parsed.success) throw new ComputeError('INVALID_MODEL', `The ${kind} of the topology are damaged.`, ['modelTopology', kind]);
  return parsed.data.map(([name, node, tensor]) => ({ key: `${name} ${node}`, name, tensor: typeof tensor === 'number' ? tensor : 0 }));
}

/** The calls that outputs need, each after those that it needs: from the outputs back, last inputs first, as TensorFlow.js runs them. */
export function executionOrder(calls: readonly LayerCall[], outputs: readonly string[]): LayerCall[] {
  const byKey = keyed(calls);
  const ends = outputs.map((key) => byKey.get(key)!);
  const order = sorted([...new Set([...ends, ...calls])]);
  return order.slice(0, Math.max(...ends.map((end) => order.indexOf(end))) + 1);
}

/**
 * The layers that outputs need, those farthest from the outputs first: the order of a model's weights and of the layers in its file. Of
 * layers equally far, the one that is found first from the outputs back comes first.
 */
export function layersByDepth(calls: readonly LayerCall[], outputs: readonly string[]): LayerConfig[] {
  const byKey = keyed(calls);
  const found = new Set<LayerConfig>();
  const visited = new Set<LayerCall>();
  const order: LayerCall[] = [];
  for (const end of outputs) {
    const stack: { readonly call: LayerCall; next: number }[] = [];
    const open = (key: string) => {
      const call = byKey.get(key)!;
      if (visited.has(call)) return;
      visited.add(call);
      found.add(call.layer);
      stack.push({ call, next: 0 });
    };
    open(end);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const input = top.call.inputs[top.next++];
      if (input !== undefined) open(input);
      else order.unshift(stack.pop()!.call);
    }
  }
  const depths = new Map<LayerCall | LayerConfig, number>();
  for (const call of order) {
    const depth = Math.max(depths.get(call) ?? 0, depths.get(call.layer) ?? 0);
    depths.set(call, depth).set(call.layer, depth);
    for (const key of call.inputs) depths.set(byKey.get(key)!, Math.max(depth + 1, depths.get(byKey.get(key)!) ?? 0));
  }
  return [...found].sort((a, b) => depths.get(b)! - depths.get(a)!);
}

function keyed(calls: readonly LayerCall[]): Map<string, LayerCall> {
  return new Map(calls.map((call) => [call.outputs[0], call]));
}
