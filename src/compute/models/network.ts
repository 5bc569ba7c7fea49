/**
 * A LayersModel as a pure function of its variables: tfjs-layers' own code runs, with every variable's value replaced for the time of the call.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import type { Tensors } from '../tensors/index.js';
import { ComputeError } from '../errors.js';
import { replaceBatchNorm } from './batch-norm.js';
import { leafLayers } from './build-layers-model.js';
import { replaceDropout } from './dropout.js';
import type { DropoutLayer } from './types.js';

/** Layers that draw random numbers in training, which would come from no seeded generator. */
const RANDOM_IN_TRAINING = ['SpatialDropout1D', 'GaussianNoise', 'GaussianDropout', 'AlphaDropout'];

/** Name of the second output's layer, of networks that have an auxiliary classifier for training. */
export const AUXILIARY = 'auxiliary_logits';

export class Network {
  /** Shapes of the variables by name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly trainable: readonly string[];
  /** Without the batch axis; null where any size is taken. */
  readonly inputShape: readonly (number | null)[];
  readonly outputShape: readonly (number | null)[];
  private readonly slots: ReadonlyMap<string, LayerVariable>;
  /** Dropout layers by name. */
  readonly dropout: Readonly<Record<string, DropoutLayer>>;
  private readonly random: readonly string[];
  /** Masks of dropout layers while training mode runs. */
  private masks: Tensors = {};
  /** Where batch norms leave their new statistics while training mode runs. */
  private updates: Tensors | undefined;

  /** @throws ComputeError INVALID_MODEL where the model is not one network from one image to one vector. */
  constructor(private readonly model: LayersModel) {
    if (!model.inputs || model.inputs.length !== 1 || (model.outputs.length !== 1 && !hasAuxiliary(model))) {
      const found = model.inputs ? `${model.inputs.length} inputs and ${model.outputs.length} outputs` : 'no declared input shape';
      throw new ComputeError('INVALID_MODEL', `The model has ${found}; a classifier has one input and one output.`, ['modelTopology']);
    }
    const layers = [...leafLayers(model)];
    for (const layer of layers) {
      if (layer.getClassName() === 'BatchNormalization') replaceBatchNorm(layer, (variable, value) => this.keepUpdate(variable, value));
    }
    const random = layers.map((layer) => layer.getClassName()).filter((name) => RANDOM_IN_TRAINING.includes(name));
    const dropout: Record<string, DropoutLayer> = {};
    for (const layer of layers.filter((candidate) => candidate.getClassName() === 'Dropout')) {
      const replaced = replaceDropout(layer, (name) => this.maskOf(name));
      if (replaced && !(layer.name in dropout)) dropout[layer.name] = replaced;
      else random.push('Dropout with a noise shape');
    }
    this.random = random;
    this.dropout = dropout;
    this.slots = slotsByName(model.weights);
    this.shapes = Object.fromEntries([...this.slots].map(([name, { shape }]) => [name, shape as number[]]));
    this.trainable = model.trainableWeights.map(({ originalName }) => originalName);
    this.inputShape = model.inputs[0]!.shape.slice(1);
    this.outputShape = model.outputs[0]!.shape.slice(1);
  }

  /** Inference mode. @param x in the network's own units. */
  apply(variables: Tensors, x: tf.Tensor): tf.Tensor {
    return this.run(variables, x, false).output;
  }

  /**
   * Training mode, which uses the batch's statistics. `updates`: new moving statistics by name.
   * @param masks of dropout layers by name; passes of fewer images use the first rows.
   */
  applyTraining(variables: Tensors, x: tf.Tensor, masks: Tensors): { output: tf.Tensor; auxiliary?: tf.Tensor; updates: Tensors } {
    if (this.random.length > 0) {
      const named = [...new Set(this.random)].join(', ');
      throw new ComputeError('UNSUPPORTED_OPERATION', `Training cannot run these random layers: ${named}.`, ['modelTopology']);
    }
    const kept: Tensors = {};
    this.updates = kept;
    this.masks = masks;
    try {
      const result = this.run(variables, x, true);
      // What is kept would outlive the caller's tidy; clones do not.
      const updates = Object.fromEntries(Object.entries(kept).map(([name, value]) => [name, tf.clone(value)]));
      return { ...result, updates };
    } finally {
      this.updates = undefined;
      this.masks = {};
      tf.dispose(kept);
    }
  }

  private run(variables: Tensors, x: tf.Tensor, training: boolean): { output: tf.Tensor; auxiliary?: tf.Tensor } {
    const outputs = this.withVariables(variables, () => this.model.apply(x, { training }) as tf.Tensor | tf.Tensor[]);
    return Array.isArray(outputs) ? { output: outputs[0]!, auxiliary: outputs[1] } : { output: outputs };
  }

  private maskOf(layer: string): tf.Tensor {
    const mask = this.masks[layer];
    if (!mask) throw new ComputeError('INTERNAL', `The mask of dropout layer ${layer} is missing.`, [layer]);
    return mask;
  }

  private keepUpdate(variable: LayerVariable, value: tf.Tensor): void {
    // Layers run in a tidy of their own, at whose end the value would be gone.
    if (this.updates) this.updates[variable.originalName] = tf.keep(value);
  }

  /** tfjs-layers reads a variable by its protected field `val`. The old value comes back whatever happens. */
  private withVariables<T>(values: Tensors, fn: () => T): T {
    const previous = new Map<Slot, tf.Tensor>();
    try {
      for (const [name, variable] of this.slots) {
        const value = values[name];
        if (!value) throw new ComputeError('INTERNAL', `The value of variable ${name} is missing.`, [name]);
        const slot = variable as unknown as Slot;
        previous.set(slot, slot.val);
        slot.val = value;
      }
      return fn();
    } finally {
      for (const [slot, value] of previous) slot.val = value;
    }
  }
}

/** A second output that only training uses. */
function hasAuxiliary({ outputs, outputNames }: LayersModel): boolean {
  return outputs.length === 2 && outputNames[1] === AUXILIARY;
}

interface Slot {
  val: tf.Tensor;
}

function slotsByName(weights: readonly LayerVariable[]): Map<string, LayerVariable> {
  const slots = new Map<string, LayerVariable>();
  for (const variable of weights) {
    const known = slots.get(variable.originalName);
    if (known && known !== variable) {
      throw new ComputeError('INVALID_MODEL', `Two layers have a weight named ${variable.originalName}; give layers names of their own.`, [
        'modelTopology',
        variable.originalName,
      ]);
    }
    slots.set(variable.originalName, variable);
  }
  return slots;
}
