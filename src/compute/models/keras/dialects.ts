/** Settings whose meaning depends on who wrote the file, made explicit, so that one reader does for all. @module */
import { HARD_SIGMOID_3, OF_TENSORFLOW_JS, SAMPLING } from './added-settings.js';

interface Layer {
  readonly class_name: string;
  readonly config: Record<string, unknown>;
}

const RESIZING = ['CenterCrop', 'Resizing', 'UpSampling2D'];
const ACTIVATIONS = ['activation', 'recurrent_activation'];

/**
 * Changes settings in place.
 * @param layers all, cells of recurrent ones included. @param writer what the file calls `keras_version`: "2.15.0", "3.4.1", "tfjs-layers 4.22.0".
 */
export function makeExplicit(layers: Iterable<Layer>, writer: unknown): void {
  const version = typeof writer === 'string' ? writer : '';
  for (const { class_name, config } of layers) {
    if (version.startsWith('tfjs') && RESIZING.includes(class_name)) config[SAMPLING] = OF_TENSORFLOW_JS;
    if (!version.startsWith('3.')) continue;
    for (const name of ACTIVATIONS) if (config[name] === 'hard_sigmoid') config[name] = HARD_SIGMOID_3;
  }
}
