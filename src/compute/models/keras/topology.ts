/** The JSON description of a LayersModel (Keras' model config): what it lists, and that all of it is known. @module */
import { ComputeError } from '../../errors.js';
import type { ModelLimits } from '../types.js';
import { makeExplicit } from './dialects.js';
import { activationLayers, isActivation } from './layers/activations.js';
import { kerasLayers } from './layers/index.js';
import { classNameOf } from './settings.js';
import { notSupported, type Unknown, unknownLayer } from './unknown-layers.js';

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

/** Layers that the reader takes apart itself. */
const READ_AS_OTHERS = ['InputLayer', 'RNN', 'SpectralNormalization'];

/** Cells of recurrent layers, by the layer that applies one of them. */
export const CELLS: Readonly<Record<string, string>> = { GRUCell: 'GRU', LSTMCell: 'LSTM', SimpleRNNCell: 'SimpleRNN' };

/** A copy of the model config inside `modelTopology`, which tools wrap differently. @throws ComputeError INVALID_MODEL */
export function readTopology(modelTopology: Json): Topology {
  const config = structuredClone((modelTopology['model_config'] ?? modelTopology) as Partial<Topology>);
  if (!CONTAINERS.includes(config.class_name ?? '') || typeof config.config !== 'object' || config.config === null) {
    throw new ComputeError('INVALID_MODEL', `The topology is a ${String(config.class_name)}, not one of ${CONTAINERS.join(', ')}.`, [
      'modelTopology',
    ]);
  }
  const topology = config as Topology;
  makeExplicit(layersAndCells(topology), modelTopology['keras_version']);
  return topology;
}

function* layersAndCells(topology: Topology): Generator<LayerConfig> {
  for (const layer of allLayers(topology)) yield* [layer, ...cellsOf(layer)];
}

/** Layers of a container, without those of containers inside it. Old Keras wrote a Sequential's config as the bare list. */
export function ownLayers(container: LayerConfig): LayerConfig[] {
  const layers = Array.isArray(container.config) ? container.config : container.config['layers'];
  if (!Array.isArray(layers) || layers.some((layer) => typeof layer?.class_name !== 'string' || !isObject(layer.config))) {
    throw new ComputeError('INVALID_MODEL', 'A container in the topology lists no valid layers.', ['modelTopology', 'layers']);
  }
  return layers as LayerConfig[];
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null;

/** All layers, those of nested models and of wrappers such as TimeDistributed included. */
export function* allLayers(container: LayerConfig): Generator<LayerConfig> {
  for (const layer of ownLayers(container)) {
    if (isContainer(layer)) {
      yield* allLayers(layer);
      continue;
    }
    yield layer;
    const wrapped = layer.config['layer'] as LayerConfig | undefined;
    if (typeof wrapped?.class_name === 'string' && isObject(wrapped.config) && !isContainer(wrapped)) yield wrapped;
  }
}

/** Number of layers of each type. */
export function countOperations(topology: Topology): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { class_name } of allLayers(topology)) counts.set(class_name, (counts.get(class_name) ?? 0) + 1);
  return Object.fromEntries(counts);
}

/** @throws ComputeError UNSUPPORTED_OPERATION naming every layer and function that is not known; LIMIT_EXCEEDED for too many layers. */
export function checkTopology(topology: Topology, limits: ModelLimits): void {
  const unknown = new Map<string, Unknown>();
  let count = 0;
  for (const layer of allLayers(topology)) {
    count++;
    for (const found of unknownIn(layer)) unknown.set(found.what, found);
  }
  if (unknown.size > 0) throw notSupported([...unknown.values()]);
  if (count > limits.maximumLayers) {
    throw new ComputeError('LIMIT_EXCEEDED', `The model has ${count} layers; at most ${limits.maximumLayers} are accepted.`, [
      'modelTopology',
    ]);
  }
}

function* unknownIn(layer: LayerConfig): Generator<Unknown> {
  if (!isKnown(layer.class_name)) yield unknownLayer(layer);
  const inner = layer.config['layer'] as LayerConfig | undefined;
  if (inner && isContainer(inner)) yield { what: `layer ${nameOf(layer)} (${layer.class_name} around a whole model)` };
  for (const cell of cellsOf(layer)) if (!Object.hasOwn(CELLS, cell.class_name)) yield { what: `cell ${cell.class_name}` };
  for (const { config } of [layer, ...cellsOf(layer)]) for (const what of unknownFunctions(config)) yield { what };
}

export function isContainer({ class_name }: LayerConfig): boolean {
  return CONTAINERS.includes(class_name);
}

/** The name by which its weights and messages call a layer. */
export function nameOf({ name, config, class_name }: LayerConfig): string {
  return String(config['name'] ?? name ?? class_name);
}

/** Cells of a recurrent layer that lists them, stacked ones included. */
export function cellsOf({ class_name, config }: LayerConfig): LayerConfig[] {
  if (class_name !== 'RNN') return [];
  const listed = [config['cell']].flat() as (LayerConfig | undefined)[];
  const cells = listed.flatMap((cell) => (cell?.class_name === 'StackedRNNCells' ? (cell.config?.['cells'] as LayerConfig[]) : cell));
  if (cells.length > 0 && cells.every((cell) => typeof cell?.class_name === 'string' && typeof cell.config === 'object')) {
    return cells as LayerConfig[];
  }
  throw new ComputeError('INVALID_MODEL', 'A recurrent layer lists no valid cells.', ['modelTopology', 'cell']);
}

function isKnown(className: string): boolean {
  return Object.hasOwn(kerasLayers, className) || READ_AS_OTHERS.includes(className);
}

/** Functions that change nothing of a trained network, by the end of their setting's name. */
const UNUSED_FUNCTIONS: Readonly<Record<string, RegExp>> = {
  initializer:
    /^(zeros?|ones?|constant|random_?(uniform|normal)|truncated_?normal|identity|variance_?scaling|(glorot|he|le_?cun)_?(uniform|normal)|orthogonal)$/i,
  regularizer: /^(l1|l2|l1_?l2)$/i,
  constraint: /^(max_?norm|unit_?norm|non_?neg|min_?max_?norm)$/i,
};

function* unknownFunctions(config: Json): Generator<string> {
  for (const [key, value] of Object.entries(config ?? {})) {
    const name = typeof value === 'string' ? value : classNameOf(value);
    if (name === undefined) continue;
    if (key === 'activation' || key === 'recurrent_activation') {
      if (!isActivation(name) && !(key === 'activation' && isLayerActivation(value))) yield `activation ${name}`;
      continue;
    }
    const kind = key.split('_').at(-1)!;
    if (Object.hasOwn(UNUSED_FUNCTIONS, kind) && !UNUSED_FUNCTIONS[kind]!.test(name)) yield `${kind} ${name}`;
  }
}

/** Whether an activation is written as a layer, such as a LeakyReLU with a slope of its own. */
export function isLayerActivation(activation: unknown): activation is LayerConfig {
  const { class_name, config } = (activation ?? {}) as Partial<LayerConfig>;
  const layer = typeof class_name === 'string' && Object.hasOwn(activationLayers, class_name) ? activationLayers[class_name] : undefined;
  return layer !== undefined && layer.weights === undefined && isObject(config);
}
