/** Takes a softmax or a sigmoid off the end of a topology, so that callers get logits: gradients through a saturated one vanish. @module */
import type { OutputKind } from '../types.js';
import { callsOf, endsOf, type LayerCall } from './calls.js';
import { settingsOf, snakeCase } from './settings.js';
import { isContainer, type LayerConfig, nameOf, ownLayers, type Topology } from './topology.js';

/** Layers that only move values or are the identity at inference: a softmax before them still is what comes out. */
const PASS_THROUGH = ['Flatten', 'Reshape', 'Dropout', 'ActivityRegularization', 'Permute'];

/** A layer among the last ones. */
interface LastLayer {
  readonly layer: LayerConfig;
  /** Whether the network calls it, or a model around it, elsewhere too, where it has to stay as it is. */
  readonly isShared: boolean;
}

/**
 * Turns a final softmax or sigmoid into the identity (in place), so that callers get logits: gradients through a saturated one vanish.
 * @returns what the network then outputs, whether one was removed, where it was if it was a sigmoid of each score, and a warning where the output is probabilities.
 */
export function removeFinalSoftmax(topology: Topology): { output: OutputKind; isRemoved: boolean; sigmoid?: string; warning?: string } {
  const chain = lastLayers(topology, false);
  const squashing = chain.find(({ layer }) => !PASS_THROUGH.includes(layer.class_name) && !isIdentity(layer));
  const activation = squashing && activationOf(squashing.layer);
  if (activation !== 'softmax' && activation !== 'sigmoid') return { output: 'LOGITS', isRemoved: false };
  const { layer, isShared } = squashing!;
  if (squashing === chain[0] && !isShared && onLastAxis(layer)) {
    if (layer.class_name === 'Softmax') {
      layer.class_name = 'Activation';
      layer.config = { name: layer.config['name'], trainable: true, dtype: 'float32', activation: 'linear' };
    } else {
      layer.config['activation'] = 'linear';
    }
    return { output: 'LOGITS', isRemoved: true, ...(activation === 'sigmoid' ? { sigmoid: `layer ${nameOf(layer)}` } : {}) };
  }
  return {
    output: 'PROBABILITIES',
    isRemoved: false,
    warning: `The network ends in a ${activation} (layer ${nameOf(layer)}) that could not be removed, so attacks see probabilities. Where they saturate, gradients vanish and the model looks more robust than it is. Export it without that layer.`,
  };
}

function isIdentity(layer: LayerConfig): boolean {
  return layer.class_name === 'Activation' && activationOf(layer) === 'linear';
}

function activationOf(layer: LayerConfig): string | undefined {
  if (layer.class_name === 'Softmax') return 'softmax';
  const name = settingsOf(nameOf(layer), layer.config).values['activation'];
  return typeof name === 'string' ? snakeCase(name) : undefined;
}

/** Scores are `[batch, classes]`, so that axis 1, which TensorFlow.js writes by default, is the last too. */
function onLastAxis({ class_name, config }: LayerConfig): boolean {
  const axes = [config['axis'] ?? 1].flat();
  return class_name !== 'Softmax' || (axes.length === 1 && (axes[0] === 1 || axes[0] === -1));
}

/** The last layer and those before it, as far back as there is one way only; last first. */
function lastLayers(container: LayerConfig, isShared: boolean): LastLayer[] {
  const layers = ownLayers(container);
  if (container.class_name === 'Sequential') return layers.toReversed().flatMap((layer) => unfold(layer, isShared));
  const calls = new Map<string, LayerCall[]>();
  for (const call of callsOf(container)) calls.set(call.name, [...(calls.get(call.name) ?? []), call]);
  const chain: LastLayer[] = [];
  let name = endsOf(container, 'output_layers')[0]?.name;
  for (let own = calls.get(name ?? ''); own && chain.length < layers.length; own = calls.get(name)) {
    const [{ layer, inputs }] = own as [LayerCall];
    chain.push(...unfold(layer, isShared || own.length > 1));
    if (own.length !== 1 || inputs[0] === undefined) break;
    name = inputs[0].slice(0, inputs[0].lastIndexOf(' '));
  }
  return chain;
}

function unfold(layer: LayerConfig, isShared: boolean): LastLayer[] {
  return isContainer(layer) ? lastLayers(layer, isShared) : [{ layer, isShared }];
}
