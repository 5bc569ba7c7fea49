/** What users are told about a model. @module */
import { sizeOf } from '../engine/host.js';
import type { DifferentiableModel, ModelCard } from './types.js';

/** @param observed warnings from running the model, beside those from reading it. */
export function modelCard(model: DifferentiableModel, observed: readonly string[] = []): ModelCard {
  return {
    spec: model.spec,
    output: model.output,
    fingerprint: model.fingerprint,
    parameterCount: Object.values(model.variables).reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    operations: model.operations,
    warnings: [...model.warnings, ...observed],
  };
}
