/** Settings whose meaning depends on who wrote the file, made explicit, so that one reader does for all. @module */
import { HARD_SIGMOID_3, OF_TENSORFLOW_JS, SAMPLING } from './added-settings.js';

interface Layer {
  class_name: string;
  config: Record<string, unknown>;
}

const RESIZING = ['CenterCrop', 'Resizing', 'UpSampling2D'];
const ACTIVATIONS = ['activation', 'recurrent_activation'];

/** Layers that compute what functions of TensorFlow do, which Keras 2 writes where a model calls them between layers. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  '__operators__.add': 'Add',
  'math.add': 'Add',
  'math.divide': 'Divide',
  'math.maximum': 'Maximum',
  'math.minimum': 'Minimum',
  'math.multiply': 'Multiply',
  'math.subtract': 'Subtract',
  'math.truediv': 'Divide',
};

const ACTIVATION_FUNCTIONS: Readonly<Record<string, string>> = {
  'math.sigmoid': 'sigmoid',
  'math.tanh': 'tanh',
  'nn.elu': 'elu',
  'nn.relu': 'relu',
  'nn.relu6': 'relu6',
  'nn.selu': 'selu',
  'nn.sigmoid': 'sigmoid',
  'nn.silu': 'silu',
  'nn.softplus': 'softplus',
  'nn.tanh': 'tanh',
};

function readFunction(layer: Layer): void {
  if (layer.class_name !== 'TFOpLambda') return;
  const name = String(layer.config['function']);
  if (Object.hasOwn(FUNCTIONS, name)) layer.class_name = FUNCTIONS[name]!;
  if (!Object.hasOwn(ACTIVATION_FUNCTIONS, name)) return;
  layer.class_name = 'Activation';
  layer.config['activation'] = ACTIVATION_FUNCTIONS[name];
}

/**
 * Changes settings in place.
 * @param layers all, cells of recurrent ones included. @param writer what the file calls `keras_version`: "2.15.0", "3.4.1", "tfjs-layers 4.22.0".
 */
export function makeExplicit(layers: Iterable<Layer>, writer: unknown): void {
  const version = typeof writer === 'string' ? writer : '';
  for (const layer of layers) {
    readFunction(layer);
    const { class_name, config } = layer;
    if (version.startsWith('tfjs') && RESIZING.includes(class_name)) config[SAMPLING] = OF_TENSORFLOW_JS;
    if (!version.startsWith('3.')) continue;
    for (const name of ACTIVATIONS) if (config[name] === 'hard_sigmoid') config[name] = HARD_SIGMOID_3;
  }
}
