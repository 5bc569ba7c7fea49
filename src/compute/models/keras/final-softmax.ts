/** Takes a softmax off the end of a topology, so that callers get logits: gradients through a saturated softmax vanish. @module */
import type { OutputKind } from '../types.js';
import { isContainer, type LayerConfig, ownLayers, type Topology } from './topology.js';

/** Layers that only move values or are the identity at inference: a softmax before them still is what comes out. */
const PASS_THROUGH = ['Flatten', 'Reshape', 'Dropout', 'ActivityRegularization', 'Permute'];

/**
 * Turns a final softmax into the identity (in place), so that callers get logits: gradients through a saturated softmax vanish.
 * @returns what the network then outputs, whether a softmax was removed, and a warning where the output is probabilities.
 */
export function removeFinalSoftmax(topology: Topology): { output: OutputKind; isRemoved: boolean; warning?: string } {
  const chain = lastLayers(topology);
  const [last] = chain;
  const squashing = chain.find((layer) => !PASS_THROUGH.includes(layer.class_name) && !isIdentity(layer));
  const activation = squashing && activationOf(squashing);
  if (activation !== 'softmax' && activation !== 'sigmoid') return { output: 'LOGITS', isRemoved: false };
  if (squashing === last && activation === 'softmax' && onLastAxis(last!)) {
    if (last!.class_name === 'Softmax') {
      last!.class_name = 'Activation';
      last!.config = { name: last!.config['name'], trainable: true, dtype: 'float32', activation: 'linear' };
    } else {
      last!.config['activation'] = 'linear';
    }
    return { output: 'LOGITS', isRemoved: true };
  }
  return {
    output: 'PROBABILITIES',
    isRemoved: false,
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

/** Scores are `[batch, classes]`, so that axis 1, which TensorFlow.js writes by default, is the last too. */
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
  return isContainer(layer) ? lastLayers(layer) : [layer];
}

/** Output and inbound nodes are lists, one or more deep, of `[layer name, node, tensor]`. */
function firstName(nodes: unknown): unknown {
  return Array.isArray(nodes) ? firstName(nodes[0]) : nodes;
}
