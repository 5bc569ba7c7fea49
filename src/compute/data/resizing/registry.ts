/** All ways to resize pictures. One more is one file here and one line below. @module */
import { findNamed } from '../../parameters/index.js';
import { pilBicubic, pilBilinear } from './pillow.js';
import { tfBicubic, tfBilinear } from './tensorflow.js';
import type { Resizing } from './types.js';
import { vipsLinear } from './vips.js';

export const resizings: readonly Resizing[] = [vipsLinear, pilBilinear, pilBicubic, tfBilinear, tfBicubic];

/** Of data sets that do not say: what there was before there were others. */
export const DEFAULT_RESIZING = vipsLinear.name;

/** @throws ComputeError INVALID_DATASET, naming those that there are. */
export function findResizing(name: string): Resizing {
  return findNamed(resizings, name, 'INVALID_DATASET', 'resizing', 'way to resize');
}
