/** Makes the task that an attack is given. @module */
import type { BatchedFunction, BatchedInput, Engine } from '../../engine/index.js';
import { type AnyModel, compileWithModel, differentiable, predict } from '../../models/index.js';
import { checkClasses } from './access.js';
import { targetsOf } from './labels.js';
import type { AttackDefinition, AttackedModel, AttackTask } from './definition.js';
import type { WorkMeter } from './work-meter.js';
import type { ParameterValues } from '../../parameters/index.js';

export interface TaskOptions extends Omit<AttackTask, keyof AttackedModel | 'targets'> {
  readonly engine: Engine;
  readonly model: AnyModel;
  readonly definition: AttackDefinition;
  /** Validated. */
  readonly parameters: ParameterValues;
}

/** @throws ComputeError INVALID_ATTACK for a target that the model does not know, and for a model with too few classes. */
export function attackTask({ engine, model, definition, parameters, ...batch }: TaskOptions): AttackTask {
  checkClasses(definition, parameters, model.spec.classCount);
  let compiling = 0;
  const on = (attacked: AnyModel): AttackedModel => ({
    model: attacked,
    on,
    clock: () => performance.now() - compiling,
    async predict(images, draw) {
      const scores = await predict(engine, attacked, images, batch.signal, draw);
      batch.meter?.add(scores.shape[0]!);
      return scores;
    },
    async compile(name, inputs, fn) {
      const start = performance.now();
      // Steps of minimum-norm attacks round their images where the stored ones are judged.
      const rounding = batch.judging === 'FLOAT' ? 'float.' : batch.levels === undefined ? '' : `${batch.levels}.`;
      const key = `${definition.kind}.${rounding}${name}`;
      const compiled = await compileWithModel(engine, differentiable(attacked), key, inputs, fn);
      compiling += performance.now() - start;
      return batch.meter ? metered(compiled, inputs, batch.meter) : compiled;
    },
  });
  const task = { ...batch, ...on(model) };
  return { ...task, targets: targetsOf(task, definition, parameters) };
}

function metered(compiled: BatchedFunction, inputs: Readonly<Record<string, BatchedInput>>, meter: WorkMeter): BatchedFunction {
  const ofExamples = Object.keys(inputs).find((name) => !inputs[name]!.shared)!;
  return {
    async run(values, options) {
      const outputs = await compiled.run(values, options);
      meter.add(values[ofExamples]!.shape[0]! * (options?.repeat ?? 1));
      return outputs;
    },
  };
}
