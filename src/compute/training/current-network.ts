/**
 * The network as training has left it, for attacks of the suite and for predictions: in their compiled functions weights are inputs, not constants, so that nothing is
 * compiled again when the weights change.
 * @module
 */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { attackTask, findAttack } from '../attacks/index.js';
import type { BatchedFunctionSpec, Engine } from '../engine/index.js';
import { BYTE_LEVELS, type HostTensor, type HostTensors, type Tensors } from '../tensors/index.js';
import { type DifferentiableModel, predict } from '../models/index.js';
import { validateParameters } from '../parameters/index.js';
import { exampleRandom } from '../random.js';
import type { SuiteAttack } from './types.js';

const VARIABLE = 'variable:';

/** Said to the engine, so that it does not choose sizes of micro-batches by measuring: results would depend on that in their last bits. */
const EXAMPLES = 64;

export class CurrentNetwork {
  /** For models that do not change. */
  private readonly fixed: Engine;
  /** For the network. */
  private readonly engine: Engine;
  private readonly model: DifferentiableModel;
  /** While a function of the network is traced or run by an eager engine. */
  private tensors: Tensors = {};

  /** @param variables the weights as they are now. @param levels see `AttackTask.levels`. */
  constructor(
    real: Engine,
    model: DifferentiableModel,
    private readonly variables: () => HostTensors,
    private readonly levels = BYTE_LEVELS,
  ) {
    this.model = {
      ...model,
      variables: {},
      apply: (_, x): Tensor2D => model.apply(this.tensors, x),
      inner: model.inner && {
        ...model.inner,
        at: (layer) => {
          const features = model.inner!.at(layer);
          return (_, x) => features(this.tensors, x);
        },
      },
    };
    const withBatched = (batched: Engine['batched']): Engine => ({
      description: real.description,
      batched,
      program: (spec) => real.program(spec),
      statistics: () => real.statistics(),
      dispose: () => Promise.resolve(),
    });
    this.fixed = withBatched((spec) => real.batched({ ...spec, fewExamples: EXAMPLES }));
    this.engine = withBatched((spec) => this.batched(spec));
  }

  /** Scores `[n, classCount]`. @param other a model that does not change, in place of the network. */
  predict(images: HostTensor, other?: DifferentiableModel, signal?: AbortSignal): Promise<HostTensor> {
    return other ? predict(this.fixed, other, images, signal) : predict(this.engine, this.model, images, signal);
  }

  /** Images that an attack of the suite makes of `images`. @param seed of its random numbers. @param first number of the first image among them. */
  async attack(
    { kind, parameters: given }: SuiteAttack,
    images: HostTensor,
    labels: Int32Array,
    { seed, first, other, signal }: { seed: number; first: number; other?: DifferentiableModel; signal?: AbortSignal },
  ): Promise<HostTensor> {
    const definition = findAttack(kind);
    // A plan may be older than some of the parameters.
    const parameters = validateParameters(definition, given);
    const on = other ? { engine: this.fixed, model: other } : { engine: this.engine, model: this.model };
    const cleanLogits = await this.predict(images, other, signal);
    const levels = this.levels === BYTE_LEVELS ? undefined : this.levels;
    const random = exampleRandom(seed, first);
    const task = attackTask({ ...on, definition, parameters, images, labels, cleanLogits, random, levels, signal });
    return (await definition.run(task, parameters)).images;
  }

  private async batched(spec: BatchedFunctionSpec) {
    const weights = Object.entries(this.variables()).map(
      ([name, { dtype, shape }]) => [VARIABLE + name, { dtype, shape, shared: true }] as const,
    );
    const compiled = await this.fixed.batched({
      ...spec,
      name: `current.${spec.name}`,
      inputs: { ...spec.inputs, ...Object.fromEntries(weights) },
      fn: (tensors) => {
        const rest: Tensors = {};
        this.tensors = {};
        for (const [name, tensor] of Object.entries(tensors)) {
          if (name.startsWith(VARIABLE)) this.tensors[name.slice(VARIABLE.length)] = tensor;
          else rest[name] = tensor;
        }
        return spec.fn(rest);
      },
    });
    const current = () => Object.fromEntries(Object.entries(this.variables()).map(([name, value]) => [VARIABLE + name, value]));
    return {
      run: (inputs: HostTensors, options?: Parameters<typeof compiled.run>[1]) => compiled.run({ ...inputs, ...current() }, options),
    };
  }
}
