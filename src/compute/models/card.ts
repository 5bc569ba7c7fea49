/** What users are told about a model. @module */
import { sizeOf } from '../engine/host.js';
import type { DryRun } from './dry-run.js';
import type { ModelFormat } from './format.js';
import { multiplyAdds } from './multiply-adds.js';
import type { DifferentiableModel, ModelCard } from './types.js';

export function modelCard(format: ModelFormat, model: DifferentiableModel, observed: DryRun): ModelCard {
  return {
    format,
    spec: model.spec,
    output: model.output,
    fingerprint: model.fingerprint,
    parameterCount: parameterCount(model),
    multiplyAdds: multiplyAdds(model),
    operations: model.operations,
    gradientsHealthy: observed.gradientsHealthy,
    warnings: [...model.warnings, ...observed.warnings],
  };
}

export function parameterCount({ variables }: DifferentiableModel): number {
  return Object.values(variables).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}
