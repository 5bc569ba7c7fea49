/** What users are told about a model. @module */
import { sizeOf } from '../tensors/index.js';
import type { Comparison } from './black-box/onnxruntime/comparison.js';
import type { DryRun } from './dry-run.js';
import type { ModelFormat } from './model-format.js';
import { multiplyAdds } from './multiply-adds.js';
import { accessOf, isBlackBox } from './functions.js';
import type { AnyModel, CleanCheck, DifferentiableModel, ModelCard } from './types.js';

/** @param format null for a model behind an endpoint. @param comparison with onnxruntime, where there was one. */
export function modelCard(
  format: ModelFormat | null,
  model: AnyModel,
  observed: DryRun,
  comparison?: Comparison,
  cleanCheck: CleanCheck | null = null,
): ModelCard {
  return {
    format,
    access: accessOf(model),
    spec: model.spec,
    output: model.output,
    softmaxRemoved: model.softmaxRemoved ?? false,
    sigmoidRemoved: model.sigmoidRemoved ?? false,
    fingerprint: model.fingerprint,
    ...(isBlackBox(model)
      ? { parameterCount: model.parameterCount, multiplyAdds: null }
      : { parameterCount: parameterCount(model), multiplyAdds: multiplyAdds(model) }),
    operations: model.operations,
    gradientsHealthy: observed.gradientsHealthy,
    forwardDifference: comparison?.forwardDifference ?? null,
    warnings: [...model.warnings, ...observed.warnings, ...(comparison?.warnings ?? [])],
    cleanCheck,
  };
}

export function parameterCount({ variables, onnx }: DifferentiableModel): number {
  return Object.values(variables).reduce((sum, { shape }) => sum + sizeOf(shape), onnx?.quantizedParameters ?? 0);
}
