/** Reads a topology into the dataflow graph that every format runs on, without values and without trusting it: a small file may declare layers of any size. @module */
import { sizeOf } from '../../tensors/index.js';
import { ComputeError } from '../../errors.js';
import type { Attributes } from '../dataflow/attributes.js';
import type { DataflowGraph, GraphNode } from '../dataflow/graph.js';
import type { DropoutLayer, ModelLimits } from '../types.js';
import { argumentsOf } from './arguments.js';
import { CONSTANTS } from './added-settings.js';
import { callsOf, type End, endsOf, executionOrder, type LayerCall, layersByDepth } from './calls.js';
import type { KerasLayer, Shape } from './layer.js';
import { kerasLayers } from './layers/index.js';
import { dropoutRate } from './layers/core.js';
import { type Flow, type Part, splitLayer } from './parts.js';
import { declaredShape } from './input-shape.js';
import { isContainer, type LayerConfig, nameOf, ownLayers, type Topology } from './topology.js';

/** Name of the second output's layer, of networks that have an auxiliary classifier for training. */
export const AUXILIARY = 'auxiliary_logits';

export interface KerasNetwork {
  /** Its variables are inputs of nodes and no constants. */
  readonly graph: DataflowGraph;
  /** Shapes of the variables by name, those that training changes by gradient first. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly trainable: readonly string[];
  /** Without the batch axis; null where any size is taken. */
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** Dropout layers by name. */
  readonly dropout: Readonly<Record<string, DropoutLayer>>;
  /** What draws random numbers in training, which would come from no seeded generator. */
  readonly random: readonly string[];
  /** Names of weights that files hold and no prediction needs. */
  readonly unread: readonly string[];
}

interface Variable {
  readonly name: string;
  readonly shape: readonly number[];
  readonly trainable: boolean;
}

/**
 * @param parameterBudget most values that the variables may have together. The model is refused before more are allocated.
 * @throws ComputeError INVALID_MODEL or LIMIT_EXCEEDED.
 */
export function readNetwork(topology: Topology, parameterBudget: number, limits: ModelLimits): KerasNetwork {
  return new Reader(parameterBudget, limits).read(topology);
}

class Reader {
  private readonly nodes: GraphNode[] = [];
  private readonly variables = new Map<LayerConfig, readonly Variable[]>();
  private readonly dropout = new Map<string, DropoutLayer & { owner: LayerConfig }>();
  private readonly random = new Set<string>();
  private readonly unread = new Set<string>();
  private readonly inputs: Flow[] = [];
  private readonly connections = new Map<LayerConfig, Connections>();
  private values = 0;
  private calls = 0;

  constructor(
    private readonly parameterBudget: number,
    private readonly limits: ModelLimits,
  ) {}

  read(topology: Topology): KerasNetwork {
    const outputs = this.model(topology);
    const auxiliary = outputs.length === 2 && endsOf(topology, 'output_layers')[1]!.name === AUXILIARY ? outputs[1] : undefined;
    if (this.inputs.length !== 1 || (outputs.length !== 1 && !auxiliary)) {
      const found = `${this.inputs.length} inputs and ${outputs.length} outputs`;
      throw new ComputeError('INVALID_MODEL', `The model has ${found}; a classifier has one input and one output.`, ['modelTopology']);
    }
    const variables = leavesOf(topology).flatMap((layer) => this.variables.get(layer) ?? []);
    const inOrder = [...variables.filter(({ trainable }) => trainable), ...variables.filter(({ trainable }) => !trainable)];
    checkNames(inOrder);
    return {
      graph: {
        nodes: this.nodes,
        constants: new Map(),
        input: this.inputs[0]!.name,
        output: outputs[0]!.name,
        auxiliary: auxiliary?.name,
      },
      shapes: Object.fromEntries(inOrder.map(({ name, shape }) => [name, shape])),
      trainable: inOrder.filter(({ trainable }) => trainable).map(({ name }) => name),
      inputShape: this.inputs[0]!.shape.slice(1),
      outputShape: outputs[0]!.shape.slice(1),
      dropout: Object.fromEntries([...this.dropout].map(([name, { shape, rate }]) => [name, { shape, rate }])),
      random: [...this.random],
      unread: [...this.unread],
    };
  }

  /** @param given what a model inside another is called with; undefined for the outermost one, which declares its inputs. */
  private model(container: LayerConfig, given?: readonly Flow[]): readonly Flow[] {
    return container.class_name === 'Sequential' ? [this.sequence(container, given?.[0])] : this.functional(container, given);
  }

  private sequence(container: LayerConfig, given?: Flow): Flow {
    const layers = ownLayers(container);
    if (layers.length === 0) throw unbuildable('a Sequential has no layers');
    let flow = given;
    for (const [i, layer] of layers.entries()) {
      if (layer.class_name === 'InputLayer') {
        flow ??= this.input(layer);
        continue;
      }
      if (!flow && !isContainer(layer)) flow = this.input(layer);
      const outputs: readonly Flow[] = this.apply(layer, flow && [flow]);
      if (outputs.length !== 1) throw unbuildable(`layer ${i} of a Sequential has ${outputs.length} outputs`);
      flow = outputs[0]!;
    }
    return flow!;
  }

  private functional(container: LayerConfig, given?: readonly Flow[]): readonly Flow[] {
    const { starts, order, ends } = this.connectionsOf(container);
    const flows = new Map<string, readonly Flow[]>();
    const flowOf = (key: string, tensor: number): Flow => {
      const flow = flows.get(key)?.[tensor];
      if (flow) return flow;
      throw unbuildable(`${key} has no output ${tensor}`);
    };
    if (given && given.length !== starts.length)
      throw unbuildable(`${nameOf(container)} takes ${starts.length} inputs, not ${given.length}`);
    for (const [i, { key, layer }] of starts.entries()) flows.set(key, [given?.[i] ?? this.input(layer)]);
    for (const call of order) {
      const [key] = call.outputs;
      if (flows.has(key)) continue;
      if (call.inputs.length === 0) throw unbuildable(`layer ${call.name} is not connected to an input`);
      const inputs = call.inputs.map((from, i) => flowOf(from, call.tensors[i]!));
      flows.set(key, this.apply(call.layer, inputs, call));
    }
    return ends.map(({ key, tensor }) => flowOf(key, tensor));
  }

  private connectionsOf(container: LayerConfig): Connections {
    const known = this.connections.get(container) ?? connectionsOf(container);
    this.connections.set(container, known);
    return known;
  }

  private input(layer: LayerConfig): Flow {
    const flow = { name: `${nameOf(layer)}:input${this.inputs.length}`, shape: declaredShape(layer) };
    this.checkSize(nameOf(layer), flow.shape);
    this.inputs.push(flow);
    return flow;
  }

  private apply(layer: LayerConfig, inputs: readonly Flow[] | undefined, call?: LayerCall): readonly Flow[] {
    // Models that call others twice, which do so too, would grow without bounds.
    if (++this.calls > this.limits.maximumLayers) {
      const limit = this.limits.maximumLayers;
      throw new ComputeError('LIMIT_EXCEEDED', `The model calls more than ${limit} layers, which is the limit.`, ['modelTopology']);
    }
    try {
      const { flows, settings } = argumentsOf(layer, inputs ?? [], call);
      return isContainer(layer) ? this.model(layer, inputs) : this.layer(layer, flows, settings);
    } catch (error) {
      throw withLayer(error as Error, layer);
    }
  }

  /** @param settings that the call adds to those of the layer. */
  private layer(layer: LayerConfig, inputs: readonly Flow[], settings: LayerConfig['config']): readonly Flow[] {
    const variables: Variable[] = [];
    const done: (readonly Flow[])[] = [];
    const { parts, outputs } = splitLayer({ ...layer, config: { ...layer.config, ...settings } });
    for (const part of parts) done.push(this.part(layer, part, part.inputs(inputs, done), variables));
    const known = this.variables.get(layer);
    if (known && !known.every(({ shape }, i) => shape.join() === variables[i]!.shape.join())) {
      throw new ComputeError('INVALID_MODEL', 'it is called with inputs that need weights of different shapes');
    }
    if (!known) this.variables.set(layer, variables);
    return outputs(done);
  }

  /** Adds a node. @param variables receives its weights. */
  private part(owner: LayerConfig, part: Part, inputs: readonly Flow[], variables: Variable[]): readonly Flow[] {
    const { operator, name, scope, settings } = part;
    const layer = kerasLayers[operator]!;
    checkInputs(layer, inputs, settings);
    if (layer.needsMask && inputs.some(({ mask }) => mask !== undefined)) {
      throw new ComputeError(
        'UNSUPPORTED_OPERATION',
        'it leaves out steps that a Masking or Embedding layer marks, which is not supported',
      );
    }
    const [first, ...others] = inputs;
    const given = inputs.map(({ shape }) => shape);
    const weights = layer.weights?.(settings, first!.shape, given) ?? [];
    for (const weight of layer.unread?.(settings) ?? []) this.unread.add(`${scope}/${weight}`);
    for (const weight of part.unread ?? []) this.unread.add(weight);
    for (const [i, weight] of weights.entries()) {
      const trainable = part.trainable && !layer.statistics?.includes(i + 1);
      if (!weight) continue;
      if (!this.variables.has(owner)) this.count(weight.shape);
      variables.push({ name: `${scope}/${weight.name}`, shape: weight.shape, trainable });
    }
    const shapes = this.outputShapes(name, layer.outputShape(settings, given), given);
    this.checkFilter(name, layer.dilatedSize?.(settings, first!.shape) ?? 0);
    if (layer.mask === 'READ' || operator === 'TimeDistributed') this.checkSteps(name, first!.shape[1]!);
    this.noteTraining(owner, part, layer.randomInTraining?.(settings), first!.shape);
    const value = `${name}:${this.nodes.length}`;
    const flows = shapes.map((shape, i) => ({
      name: i === 0 ? value : `${value}:${i}`,
      shape,
      mask: maskOf(layer, settings, first!, value),
    }));
    this.nodes.push({
      name,
      operator,
      version: 1,
      inputs: [
        first!.name,
        ...weights.map((weight) => (weight ? `${scope}/${weight.name}` : '')),
        ...(layer.mask === 'READ' ? [first!.mask ?? ''] : []),
        ...others.map((flow) => flow.name),
      ],
      outputs: [...flows.map((flow) => flow.name), ...(layer.mask === 'MADE' ? [`${value}:mask`] : [])],
      attributes: settings,
    });
    return flows;
  }

  private outputShapes(name: string, found: Shape | readonly Shape[], inputs: readonly Shape[]): readonly Shape[] {
    const shapes = (Array.isArray(found[0]) ? found : [found]) as readonly Shape[];
    for (const shape of shapes) {
      if (!shape.slice(1).every((size) => size === null || (Number.isInteger(size) && size >= 0))) {
        throw new ComputeError('INVALID_MODEL', `it would output [${shape.join(', ')}] for [${inputs[0]!.join(', ')}]`);
      }
      this.checkSize(name, shape);
    }
    return shapes;
  }

  private checkSize(name: string, shape: Shape): void {
    const values = sizeOf(shape.slice(1).map((size) => size ?? 1));
    if (!(values <= this.limits.maximumLayerValues)) throw this.tooLarge(name, `outputs ${values} values for one image`);
  }

  private checkFilter(name: string, values: number): void {
    if (!(values <= this.limits.maximumLayerValues)) throw this.tooLarge(name, `has a dilated filter of ${values} values`);
  }

  private tooLarge(name: string, what: string): ComputeError {
    const limit = this.limits.maximumLayerValues;
    return new ComputeError('LIMIT_EXCEEDED', `Layer ${name} ${what}; at most ${limit} are accepted.`, ['modelTopology', name]);
  }

  /** Each step is as much work as a layer. */
  private checkSteps(name: string, steps: number | null): void {
    const limit = this.limits.maximumLayers;
    if ((steps ?? 1) <= limit) return;
    throw new ComputeError('LIMIT_EXCEEDED', `Layer ${name} has ${steps} steps; at most ${limit} are accepted.`, ['modelTopology', name]);
  }

  private noteTraining(owner: LayerConfig, { operator, name, settings }: Part, random: string | undefined, input: Shape): void {
    if (random !== undefined) this.random.add(random);
    if (operator !== 'Dropout' || random !== undefined) return;
    const shape = input.slice(1);
    const known = this.dropout.get(name) ?? { owner, shape };
    if (shape.includes(null) || known.owner !== owner || known.shape.join() !== shape.join()) this.random.add('Dropout with a noise shape');
    else this.dropout.set(name, { owner, shape: shape as number[], rate: dropoutRate(settings) });
  }

  private count(shape: readonly number[]): void {
    this.values += sizeOf(shape);
    if (this.values <= this.parameterBudget) return;
    throw new ComputeError('INVALID_MODEL', `The layers need more than the ${this.parameterBudget} weights that the files hold.`, [
      'modelTopology',
    ]);
  }
}

/** How a functional model is put together. */
interface Connections {
  readonly starts: readonly { readonly key: string; readonly layer: LayerConfig }[];
  /** The calls that its outputs need, each after those that it needs. */
  readonly order: readonly LayerCall[];
  readonly ends: readonly End[];
}

function connectionsOf(container: LayerConfig): Connections {
  const calls = new Map(callsOf(container).map((call) => [call.outputs[0], call]));
  const ends = endsOf(container, 'output_layers');
  const starts = endsOf(container, 'input_layers').map(({ key, name }) => ({ key, name, layer: calls.get(key)?.layer }));
  for (const { key, name } of [...starts, ...ends]) {
    if (!calls.has(key)) throw unbuildable(`${name} is an input or output, and no layer`);
  }
  const other = starts.find(({ layer }) => layer!.class_name !== 'InputLayer');
  if (other) throw unbuildable(`the input ${other.name} is no InputLayer`);
  const order = executionOrder(
    [...calls.values()],
    ends.map(({ key }) => key),
  );
  return { starts: starts.map(({ key, layer }) => ({ key, layer: layer! })), order, ends };
}

/** Layers of a model and of the models inside it, in the order of their weights. */
function leavesOf(container: LayerConfig): LayerConfig[] {
  const layers = container.class_name === 'Sequential' ? ownLayers(container) : ownOrder(container);
  return layers.flatMap((layer) => (isContainer(layer) ? leavesOf(layer) : [layer]));
}

function ownOrder(container: LayerConfig): LayerConfig[] {
  return layersByDepth(
    callsOf(container),
    endsOf(container, 'output_layers').map(({ key }) => key),
  );
}

function checkNames(variables: readonly Variable[]): void {
  const seen = new Set<string>();
  for (const { name } of variables) {
    if (seen.has(name)) {
      throw new ComputeError('INVALID_MODEL', `Two layers have a weight named ${name}; give layers names of their own.`, [
        'modelTopology',
        name,
      ]);
    }
    seen.add(name);
  }
}

function checkInputs({ rank = [1, Infinity], minimumInputs, mask }: KerasLayer, inputs: readonly Flow[], settings: Attributes): void {
  const [least, most] = typeof rank === 'number' ? [rank, rank] : rank;
  const axes = inputs[0]!.shape.length;
  if (axes < least || axes > most) throw new ComputeError('INVALID_MODEL', `its input [${inputs[0]!.shape.join(', ')}] has ${axes} axes`);
  // Further inputs of recurrent layers are their first states.
  const highest = minimumInputs || mask === 'READ' ? Infinity : 1;
  const numbers = settings.numbers(CONSTANTS, []).length;
  if (inputs.length + numbers < (minimumInputs ?? 1) || inputs.length > highest) {
    throw new ComputeError('INVALID_MODEL', `it is called with ${inputs.length} inputs`);
  }
}

function maskOf(layer: KerasLayer, settings: Attributes, first: Flow, value: string): string | undefined {
  if (layer.mask === 'PASSED' || (layer.mask === 'READ' && settings.flag('return_sequences'))) return first.mask;
  return layer.mask === 'MADE' && (layer.makesMask?.(settings) ?? true) ? `${value}:mask` : undefined;
}

function unbuildable(what: string): ComputeError {
  return new ComputeError('INVALID_MODEL', `The topology cannot be built: ${what}.`, ['modelTopology']);
}

/** Errors that name no layer yet say which it is. */
function withLayer(error: Error, layer: LayerConfig): Error {
  if (!(error instanceof ComputeError) || error.message.endsWith('.')) return error;
  const name = nameOf(layer);
  const message = `The topology cannot be built: layer ${name} (${layer.class_name}): ${error.message}.`;
  return new ComputeError(error.code, message, ['modelTopology', name], { cause: error });
}
