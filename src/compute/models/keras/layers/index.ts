/** Every layer class that is known. One more is one entry in one of the tables. @module */
import type { LayerTable } from '../layer.js';
import { activationLayers } from './activations.js';
import { convolutions } from './convolutions.js';
import { coreLayers } from './core.js';
import { merges } from './merges.js';
import { normalizations } from './normalizations.js';
import { poolings } from './pooling.js';
import { recurrentLayers } from './recurrent.js';
import { resizings } from './resizing.js';
import { bidirectional, timeDistributed } from './wrappers.js';

const plain: LayerTable = {
  ...activationLayers,
  ...convolutions,
  ...coreLayers,
  ...merges,
  ...normalizations,
  ...poolings,
  ...recurrentLayers,
  ...resizings,
};

/** By class name. `Bidirectional` merges two recurrent layers, which the reader makes of the one inside. */
export const kerasLayers: LayerTable = { ...plain, Bidirectional: bidirectional, TimeDistributed: timeDistributed(plain) };
