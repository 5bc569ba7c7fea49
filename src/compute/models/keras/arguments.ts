/** What a call gives to a layer, in the order in which the class takes it. @module */
import { ComputeError } from '../../errors.js';
import { CONSTANT_PLACES, CONSTANTS } from './added-settings.js';
import type { LayerCall } from './calls.js';
import { kerasLayers } from './layers/index.js';
import type { Flow } from './parts.js';
import { isContainer, type LayerConfig } from './topology.js';

interface GivenArguments {
  readonly flows: readonly Flow[];
  /** Settings that the call adds to those of the layer. */
  readonly settings: LayerConfig['config'];
}

/** Arguments by name that change nothing of a prediction. */
const WITHOUT_EFFECT = ['name', 'return_attention_scores'];

/**
 * @param flows the inputs of the call in the order of the file.
 * @param call undefined for a layer of a Sequential, which is given its input alone.
 * @throws ComputeError UNSUPPORTED_OPERATION for an argument that the class does not heed here, which would be wrong to leave out.
 */
export function argumentsOf(layer: LayerConfig, flows: readonly Flow[], call?: LayerCall): GivenArguments {
  if (!call) return { flows, settings: {} };
  const { argumentNames = [], callSettings = [], takesConstants } = kerasLayers[layer.class_name] ?? {};
  const settings: Record<string, unknown> = {};
  const constants = [...call.given.constants];
  for (const [name, value] of Object.entries(call.given.settings)) {
    if (callSettings.includes(name)) settings[name] = value;
    else if (takesConstants && argumentNames.includes(name)) constants.push({ at: argumentNames.indexOf(name), value });
    else if (isEffective(layer, name, value)) throw unheeded(name);
  }
  if (constants.length > 0) {
    if (!takesConstants || !constants.every(({ value }) => typeof value === 'number')) throw unheeded('a constant');
    constants.sort((a, b) => a.at - b.at);
    settings[CONSTANTS] = constants.map(({ value }) => value);
    settings[CONSTANT_PLACES] = constants.map(({ at }) => at);
  }
  const ordered = call.argumentNames.map((name, i) => ({
    flow: flows[i]!,
    at: name === undefined ? i : argumentNames.indexOf(name),
    name,
  }));
  const unknown = ordered.find(({ at }) => at < 0);
  if (unknown) throw unheeded(unknown.name!);
  return { flows: ordered.sort((a, b) => a.at - b.at).map(({ flow }) => flow), settings };
}

function isEffective({ class_name, config }: LayerConfig, name: string, value: unknown): boolean {
  if (value === false || value === null || WITHOUT_EFFECT.includes(name)) return false;
  if (name !== 'training') return true;
  const { statistics, randomInTraining } = kerasLayers[class_name] ?? {};
  return isContainer({ class_name, config }) || class_name === 'Dropout' || statistics !== undefined || randomInTraining !== undefined;
}

function unheeded(name: string): ComputeError {
  const what =
    name === 'training'
      ? 'it is called in training mode, in which predictions are random or depend on the batch'
      : `it is called with ${name}, which is not supported`;
  return new ComputeError('UNSUPPORTED_OPERATION', `${what}. Build the model without that and export it again`);
}
