/** All operations by kernel name: whatever {@link Operation} these files export. @module */
import { ComputeError } from '../../errors.js';
import type { Attributes } from './graph.js';
import { Operation } from './operation.js';
import * as affine from './operations/affine.js';
import * as comparisons from './operations/comparisons.js';
import * as convolutions from './operations/convolutions.js';
import * as convolutionGradients from './operations/convolution-gradients.js';
import * as counting from './operations/counting.js';
import * as creation from './operations/creation.js';
import * as elementwise from './operations/elementwise.js';
import * as fused from './operations/fused.js';
import * as indexing from './operations/indexing.js';
import * as interleave from './operations/interleave.js';
import * as matrices from './operations/matrices.js';
import * as normalization from './operations/normalization.js';
import * as pooling from './operations/pooling.js';
import * as rearrangements from './operations/rearrangements.js';
import * as reductions from './operations/reductions.js';
import * as resizing from './operations/resizing.js';
import * as shapes from './operations/shapes.js';
import * as window from './operations/window.js';

const files: readonly object[] = [
  affine,
  comparisons,
  convolutions,
  convolutionGradients,
  counting,
  creation,
  elementwise,
  fused,
  indexing,
  interleave,
  matrices,
  normalization,
  pooling,
  rearrangements,
  reductions,
  resizing,
  shapes,
  window,
];

const operations = new Map<string, Operation<Attributes>>();
for (const exported of files.flatMap((file): unknown[] => Object.values(file))) {
  if (exported instanceof Operation) operations.set(exported.name, exported);
}

/** @returns undefined for kernels that have no compiled form. Its attributes are those that tfjs gives calls of the kernel. */
export function findOperation(kernel: string): Operation<Attributes> | undefined {
  return operations.get(kernel);
}

/** @throws ComputeError UNSUPPORTED_OPERATION for kernels that have no compiled form. */
export function operationOf(kernel: string): Operation<Attributes> {
  const operation = findOperation(kernel);
  if (!operation) throw new ComputeError('UNSUPPORTED_OPERATION', `No compiled form of the kernel ${kernel}.`, [kernel]);
  return operation;
}
