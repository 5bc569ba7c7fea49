/** What the compiler is shown at work on: the step of an attack as the attack asks for it, and a step of training. @module */
import {
  attackTask,
  type BatchedFunctionSpec,
  type CompilerTarget,
  type DifferentiableModel,
  type Engine,
  exampleRandom,
  explainBatched,
  explainProgram,
  type Explanation,
  findAttack,
  type Program,
  type ProgramSpec,
  sgd,
  sizeOf,
  standard,
  trainingProgram,
  validateParameters,
} from '../src/compute/index.js';

/** Iterative attacks repeat FGSM's step. */
export const FUNCTIONS = ['fgsm', 'training'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

/** Compiles one of the functions of a model and says how. @param size images at once. */
export async function explainFunction(
  model: DifferentiableModel,
  name: FunctionName,
  size: number,
  target: CompilerTarget,
): Promise<Explanation> {
  if (name === 'training') return explainProgram(trainingProgram(model, standard, sgd(), size), target);
  return explainBatched(await fgsmStep(model), size, target);
}

/** The function that FGSM has compiled. */
async function fgsmStep(model: DifferentiableModel): Promise<BatchedFunctionSpec> {
  const definition = findAttack('FGSM');
  const shape = [1, ...model.spec.inputShape];
  const engine = new Recorder();
  const parameters = validateParameters(definition, { epsilon: 8 / 255 });
  const task = attackTask({
    engine,
    model,
    definition,
    parameters,
    images: { dtype: 'float32', shape, data: new Float32Array(sizeOf(shape)) },
    labels: Int32Array.of(0),
    cleanLogits: { dtype: 'float32', shape: [1, model.spec.classCount], data: new Float32Array(model.spec.classCount) },
    random: exampleRandom(1, 0),
  });
  await definition.run(task, parameters).catch(() => undefined);
  return engine.recorded!;
}

/** Takes down the first function that it is asked for, and computes nothing. */
class Recorder implements Engine {
  recorded?: BatchedFunctionSpec;
  readonly description = { kind: 'eager', provider: 'none', threads: 1, versions: {}, label: 'none' } as const;

  batched(spec: BatchedFunctionSpec): Promise<never> {
    this.recorded ??= spec;
    return Promise.reject(new Error('Nothing is computed here.'));
  }

  program(_spec: ProgramSpec): Promise<Program> {
    return Promise.reject(new Error('Nothing is computed here.'));
  }

  statistics() {
    return { compilations: 0, diskHits: 0, compileSeconds: 0, cacheHits: 0, runs: 0, runSeconds: 0 };
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}
