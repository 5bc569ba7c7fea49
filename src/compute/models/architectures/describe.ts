/** Describes networks layer by layer as Keras' model config, which the reader of files reads too. Field by field it is what TensorFlow.js writes. @module */
import { ComputeError } from '../../errors.js';
import { callsOf, layersByDepth } from '../keras/calls.js';
import type { Shape } from '../keras/layer.js';
import { kerasLayers } from '../keras/layers/index.js';
import { settingsOf } from '../keras/settings.js';
import type { LayerConfig, Topology } from '../keras/topology.js';

/** What comes out of a layer. */
export interface Symbolic {
  readonly layer: Layer;
  readonly inputs: readonly Symbolic[];
  /** With the batch, null, in front. */
  readonly shape: Shape;
}

/** A layer that is used once. */
export class Layer {
  constructor(
    readonly className: string,
    readonly config: { readonly name: string } & Readonly<Record<string, unknown>>,
  ) {}

  /** @throws ComputeError INVALID_MODEL for inputs that it cannot take. */
  apply(...inputs: readonly Symbolic[]): Symbolic {
    const settings = settingsOf(this.config.name, this.config);
    const shapes = inputs.map(({ shape }) => shape);
    const shape = kerasLayers[this.className]!.outputShape(settings, shapes) as Shape;
    if (shape.some((size) => size !== null && !(size >= 0))) {
      throw new ComputeError('INVALID_MODEL', `layer ${this.config.name} would output [${shape.join(', ')}]`);
    }
    return { layer: this, inputs, shape };
  }
}

const WRITER = { keras_version: 'tfjs-layers 4.22.0', backend: 'tensor_flow.js' };

export function inputLayer(shape: readonly number[], name: string): Layer {
  return new Layer('InputLayer', { batch_input_shape: [null, ...shape], dtype: 'float32', sparse: false, name });
}

/** @param shape [height, width, channels]. */
export function input(shape: readonly number[]): Symbolic {
  return { layer: inputLayer(shape, 'image'), inputs: [], shape: [null, ...shape] };
}

/** Layers one after the other. */
export function sequential(name: string, layers: readonly Layer[]): Topology {
  return {
    class_name: 'Sequential',
    config: { name, layers: layers.map(({ className, config }) => ({ class_name: className, config })) },
    ...WRITER,
  };
}

/** A network from one image to one or more outputs. */
export function model(name: string, image: Symbolic, outputs: readonly Symbolic[]): Topology {
  const layers = new Map<Symbolic, LayerConfig>();
  const visit = (value: Symbolic): void => {
    if (layers.has(value)) return;
    layers.set(value, configOf(value));
    value.inputs.forEach(visit);
  };
  outputs.forEach(visit);
  const ends = outputs.map(({ layer }) => `${layer.config.name} 0`);
  const whole = (listed: LayerConfig[]): Topology => ({
    class_name: 'Model',
    config: { name, layers: listed, input_layers: [connectionTo(image)], output_layers: outputs.map(connectionTo) },
    ...WRITER,
  });
  return whole(layersByDepth(callsOf(whole([...layers.values()])), ends));
}

function connectionTo({ layer }: Symbolic): [string, 0, 0] {
  return [layer.config.name, 0, 0];
}

function configOf({ layer, inputs }: Symbolic): LayerConfig {
  return {
    name: layer.config.name,
    class_name: layer.className,
    config: layer.config,
    inbound_nodes: inputs.length > 0 ? [inputs.map((from) => [...connectionTo(from), {}])] : [],
  };
}
