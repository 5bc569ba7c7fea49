/** Every layer class that is known. One more is one entry in one of the tables. @module */
import type { LayerTable } from '../layer.js';
import { activationLayers } from './activations.js';
import { attentions } from './attention.js';
import { augmentations } from './augmentation.js';
import { convolutions } from './convolutions.js';
import { coreLayers } from './core.js';
import { einsumDense } from './einsum-dense.js';
import { merges } from './merges.js';
import { normalizations } from './normalizations.js';
import { operations } from './operations.js';
import { poolings } from './pooling.js';
import { oneAndThreeAxes } from './one-and-three-axes.js';
import { recurrentLayers } from './recurrent.js';
import { resizings } from './resizing.js';
import { bidirectional, timeDistributed } from './wrappers.js';

const plain: LayerTable = {
  ...activationLayers,
  ...attentions,
  ...augmentations,
  ...convolutions,
  ...coreLayers,
  ...einsumDense,
  ...merges,
  ...normalizations,
  ...oneAndThreeAxes,
  ...operations,
  ...poolings,
  ...recurrentLayers,
  ...resizings,
};

/** By class name. `Bidirectional` merges two recurrent layers, which the reader makes of the one inside. */
export const kerasLayers: LayerTable = { ...plain, Bidirectional: bidirectional, TimeDistributed: timeDistributed(plain) };
