/** All lowerings by kernel name. @module */
import { ComputeError } from '../../errors.js';
import type { Attributes, Inputs, Spec } from './graph.js';
import type { Lowering, LoweringTable } from './lowering.js';
import { affine } from './lowerings/affine.js';
import { comparisons } from './lowerings/comparisons.js';
import { convolutions } from './lowerings/convolutions.js';
import { convolutionGradients } from './lowerings/convolution-gradients.js';
import { counting } from './lowerings/counting.js';
import { creation } from './lowerings/creation.js';
import { elementwise } from './lowerings/elementwise.js';
import { fused } from './lowerings/fused.js';
import { indexing } from './lowerings/indexing.js';
import { matrices } from './lowerings/matrices.js';
import { normalization } from './lowerings/normalization.js';
import { pooling } from './lowerings/pooling.js';
import { rearrangements } from './lowerings/rearrangements.js';
import { reductions } from './lowerings/reductions.js';
import { resizing } from './lowerings/resizing.js';
import { shapes } from './lowerings/shapes.js';
import { window } from './lowerings/window.js';

const tables: readonly LoweringTable[] = [
  affine,
  comparisons,
  convolutions,
  convolutionGradients,
  counting,
  creation,
  elementwise,
  fused,
  indexing,
  matrices,
  normalization,
  pooling,
  rearrangements,
  reductions,
  resizing,
  shapes,
  window,
];

const lowerings = new Map<string, Lowering>(tables.flatMap((table) => Object.entries(table)));

export function isSupported(kernel: string): boolean {
  return lowerings.has(kernel);
}

export function loweringOf(kernel: string): Lowering {
  const lowering = lowerings.get(kernel);
  if (!lowering) throw new ComputeError('UNSUPPORTED_OPERATION', `No compiled form of the kernel ${kernel}.`, [kernel]);
  return lowering;
}

export function inferOutputs(kernel: string, inputs: Inputs, attrs: Attributes): readonly Spec[] {
  return [loweringOf(kernel).infer(inputs, attrs)].flat();
}
