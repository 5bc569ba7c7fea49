/** Makes the task that an attack is given. @module */
import type { Engine } from '../engine/types.js';
import { compileWithModel, differentiable, predict } from '../models/functions.js';
import type { AnyModel } from '../models/types.js';
import type { AttackDefinition, AttackedModel, AttackTask } from './types.js';

export interface TaskOptions extends Omit<AttackTask, keyof AttackedModel> {
  readonly engine: Engine;
  readonly model: AnyModel;
  readonly definition: AttackDefinition;
  /** Told how long each compilation took. */
  readonly onCompiled?: (milliseconds: number) => void;
}

export function attackTask({ engine, model, definition, onCompiled, ...batch }: TaskOptions): AttackTask {
  const on = (attacked: AnyModel): AttackedModel => ({
    model: attacked,
    on,
    predict: (images) => predict(engine, attacked, images, batch.signal),
    async compile(name, inputs, fn) {
      const start = performance.now();
      const compiled = await compileWithModel(engine, differentiable(attacked), `${definition.kind}.${name}`, inputs, fn);
      onCompiled?.(performance.now() - start);
      return compiled;
    },
  });
  return { ...batch, ...on(model) };
}
