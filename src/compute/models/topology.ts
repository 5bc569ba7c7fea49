/**
 * Reads and edits the JSON description of a LayersModel (Keras' model config) before it is built.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import './dilated-convolutions.js';
import './relu-decay.js';
import { z } from 'zod';
import { ComputeError } from '../errors.js';
import { sorted } from './dataflow/graph.js';
import type { ModelLimits, OutputKind } from './types.js';

type Json = Record<string, unknown>;

export interface LayerConfig {
  class_name: string;
  config: Json;
  name?: string;
  inbound_nodes?: unknown;
}

/** Keras' `{ class_name, config }` of the whole model. */
export type Topology = LayerConfig;

const CONTAINERS = ['Sequential', 'Model', 'Functional'];

/** Layers that draw random numbers even at inference, which a pure function of the image cannot. */
const RANDOM_AT_INFERENCE = ['RandomWidth'];

/** A copy of the model config inside `modelTopology`, which tools wrap differently. @throws ComputeError INVALID_MODEL */
export function readTopology(modelTopology: Json): Topology {
  const config = structuredClone((modelTopology['model_config'] ?? modelTopology) as Partial<Topology>);
  if (!CONTAINERS.includes(config.class_name ?? '') || typeof config.config !== 'object' || config.config === null) {
    throw new ComputeError('INVALID_MODEL', `The topology is a ${String(config.class_name)}, not one of ${CONTAINERS.join(', ')}.`, [
      'modelTopology',
    ]);
  }
  return config as Topology;
}

/** Layers of a container, without those of containers inside it. Old Keras wrote a Sequential's config as the bare list. */
function ownLayers(container: LayerConfig): LayerConfig[] {
  const layers = Array.isArray(container.config) ? container.config : container.config['layers'];
  if (!Array.isArray(layers) || layers.some((layer) => typeof layer?.class_name !== 'string' || typeof layer?.config !== 'object')) {
    throw new ComputeError('INVALID_MODEL', 'A container in the topology lists no proper layers.', ['modelTopology', 'layers']);
  }
  return layers as LayerConfig[];
}

/** All layers, those of nested models and of wrappers such as TimeDistributed included. */
export function* allLayers(container: LayerConfig): Generator<LayerConfig> {
  for (const layer of ownLayers(container)) {
    if (CONTAINERS.includes(layer.class_name)) {
      yield* allLayers(layer);
      continue;
    }
    yield layer;
    const wrapped = layer.config?.['layer'] as LayerConfig | undefined;
    if (typeof wrapped?.class_name === 'string') yield wrapped;
  }
}

/** Number of layers of each type. */
export function countOperations(topology: Topology): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { class_name } of allLayers(topology)) counts[class_name] = (counts[class_name] ?? 0) + 1;
  return counts;
}

/** @throws ComputeError UNSUPPORTED_OPERATION naming every layer and activation that tfjs-layers lacks; LIMIT_EXCEEDED for too many layers. */
export function checkTopology(topology: Topology, limits: ModelLimits): void {
  const known = tf.serialization.SerializationMap.getMap().classNameMap;
  const unknown = new Set<string>();
  let count = 0;
  for (const { class_name, config } of allLayers(topology)) {
    count++;
    if (!(class_name in known) || RANDOM_AT_INFERENCE.includes(class_name)) unknown.add(`layer ${class_name}`);
    const activation = config['activation'];
    if (typeof activation === 'string' && !(camelCase(activation) in known)) unknown.add(`activation ${activation}`);
  }
  if (unknown.size > 0) {
    throw new ComputeError(
      'UNSUPPORTED_OPERATION',
      `TensorFlow.js has no ${[...unknown].join(', ')}. Replace them with built-in layers and export again.`,
      ['modelTopology', ...unknown],
    );
  }
  if (count > limits.maximumLayers) {
    throw new ComputeError('LIMIT_EXCEEDED', `The model has ${count} layers; at most ${limits.maximumLayers} are accepted.`, [
      'modelTopology',
    ]);
  }
}

/** `[layer, node, tensor]` and what else the format has. */
const connection = z.tuple([z.string(), z.number().int().nonnegative()]).rest(z.unknown());
const connections = z.array(z.array(connection));

/**
 * That every connection leads from a layer that is there, and none in a circle: tfjs-layers would look for the missing ones for ever.
 * @throws ComputeError INVALID_MODEL
 */
export function checkConnections(container: LayerConfig): void {
  const layers = ownLayers(container);
  for (const layer of layers) if (CONTAINERS.includes(layer.class_name)) checkConnections(layer);
  if (container.class_name === 'Sequential') return;
  const nodes = layers.flatMap((layer) => {
    const name = String(layer.name ?? layer.config['name']);
    const parsed = connections.safeParse(layer.inbound_nodes ?? []);
    if (!parsed.success) throw new ComputeError('INVALID_MODEL', `What layer ${name} is connected to is damaged.`, ['modelTopology', name]);
    const calls = parsed.data.length > 0 ? parsed.data : [[]];
    // The first node of a container is its own inside.
    const first = CONTAINERS.includes(layer.class_name) ? 1 : 0;
    return calls.map((call, i) => ({
      name,
      inputs: call.map(([from, node]) => `${from} ${node}`),
      outputs: [`${name} ${i + first}`],
    }));
  });
  const outputs = new Set(nodes.flatMap((node) => node.outputs));
  for (const { name, inputs } of nodes) {
    const missing = inputs.find((input) => !outputs.has(input));
    if (missing === undefined) continue;
    throw new ComputeError('INVALID_MODEL', `Layer ${name} is connected to ${missing}, which is not there.`, ['modelTopology', name]);
  }
  sorted(nodes);
}

/** Layers that only move values or are the identity at inference: a softmax before them still is what comes out. */
const PASS_THROUGH = ['Flatten', 'Reshape', 'Dropout', 'ActivityRegularization', 'Permute'];

/**
 * Turns a final softmax into the identity (in place), so that callers get logits: gradients through a saturated softmax vanish.
 * @returns what the network then puts out, and a warning where that is probabilities.
 */
export function removeFinalSoftmax(topology: Topology): { output: OutputKind; warning?: string } {
  const chain = lastLayers(topology);
  const [last] = chain;
  const squashing = chain.find((layer) => !PASS_THROUGH.includes(layer.class_name) && !isIdentity(layer));
  const activation = squashing && activationOf(squashing);
  if (activation !== 'softmax' && activation !== 'sigmoid') return { output: 'LOGITS' };
  if (squashing === last && activation === 'softmax' && onLastAxis(last!)) {
    if (last!.class_name === 'Softmax') {
      last!.class_name = 'Activation';
      last!.config = { name: last!.config['name'], trainable: true, dtype: 'float32', activation: 'linear' };
    } else {
      last!.config['activation'] = 'linear';
    }
    return { output: 'LOGITS' };
  }
  return {
    output: 'PROBABILITIES',
    warning: `The network ends in a ${activation} (layer ${String(squashing!.config['name'])}) that could not be removed, so attacks see probabilities. Where they saturate, gradients vanish and the model looks more robust than it is. Export it without that layer.`,
  };
}

function isIdentity({ class_name, config }: LayerConfig): boolean {
  return class_name === 'Activation' && config['activation'] === 'linear';
}

function activationOf({ class_name, config }: LayerConfig): string | undefined {
  if (class_name === 'Softmax') return 'softmax';
  return typeof config['activation'] === 'string' ? config['activation'] : undefined;
}

/** Scores are `[batch, classes]`, so that axis 1, which tfjs-layers writes by default, is the last too. */
function onLastAxis({ class_name, config }: LayerConfig): boolean {
  return class_name !== 'Softmax' || [undefined, -1, 1].includes(config['axis'] as number | undefined);
}

/** The last layer and those before it, as far back as there is one way only; last first. */
function lastLayers(container: LayerConfig): LayerConfig[] {
  const layers = ownLayers(container);
  if (container.class_name === 'Sequential') return layers.toReversed().flatMap(unfold);
  const byName = new Map(layers.map((layer) => [layer.name ?? layer.config['name'], layer]));
  const chain: LayerConfig[] = [];
  let name = firstName(container.config['output_layers']);
  for (let layer = byName.get(name); layer && chain.length < layers.length; layer = byName.get(name)) {
    chain.push(...unfold(layer));
    if (!Array.isArray(layer.inbound_nodes) || layer.inbound_nodes.length !== 1) break;
    name = firstName(layer.inbound_nodes);
  }
  return chain;
}

function unfold(layer: LayerConfig): LayerConfig[] {
  return CONTAINERS.includes(layer.class_name) ? lastLayers(layer) : [layer];
}

/** Output and inbound nodes are lists, one or more deep, of `[layer name, node, tensor]`. */
function firstName(nodes: unknown): unknown {
  return Array.isArray(nodes) ? firstName(nodes[0]) : nodes;
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
