/** A model that could be differentiated, of which only predictions are shown. @module */
import type { Engine } from '../../engine/index.js';
import { parameterCount } from '../card.js';
import { fingerprintOf } from '../fingerprint.js';
import { predict } from '../functions.js';
import type { BlackBoxModel, DifferentiableModel } from '../types.js';
import { decisionsOf } from './answers.js';

export function withheld(engine: Engine, model: DifferentiableModel, access: BlackBoxModel['access']): BlackBoxModel {
  const { spec, operations, warnings } = model;
  return {
    spec,
    operations,
    warnings,
    access,
    output: access === 'DECISION' ? 'LABELS' : model.output,
    fingerprint: fingerprintOf({}, model.fingerprint, access),
    parameterCount: parameterCount(model),
    async predict(images, signal) {
      const scores = await predict(engine, model, images, signal);
      return access === 'DECISION' ? decisionsOf(scores) : scores;
    },
    close: () => Promise.resolve(),
  };
}
