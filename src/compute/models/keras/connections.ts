/** How a file says what a layer is called with, in the notations of Keras 2 and Keras 3. @module */
import { z } from 'zod';
import { ComputeError } from '../../errors.js';

/** An output of a call: the layer, which of its calls, and which of that call's outputs. */
export interface Connection {
  readonly layer: string;
  readonly node: number;
  readonly tensor: number;
}

/** What one call of a layer is given. */
export interface CallArguments {
  /** In order, those in lists included. */
  readonly positional: readonly Connection[];
  readonly named: Readonly<Record<string, Connection>>;
  /** Arguments that are numbers and texts, in the order of all positional ones. */
  readonly constants: readonly { readonly at: number; readonly value: unknown }[];
  /** What else it is given by name. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** `[layer, node, tensor, arguments by name]`; Keras 2 leaves out the last ones where it can. */
const listed = z
  .tuple([z.string(), z.number().int(), z.unknown().optional(), z.record(z.string(), z.unknown()).optional()])
  .rest(z.unknown());
const keras3 = z.object({ args: z.array(z.unknown()), kwargs: z.record(z.string(), z.unknown()).optional() });
const keras3Tensor = z.object({
  class_name: z.literal('__keras_tensor__'),
  config: z.object({ keras_history: z.tuple([z.string(), z.number().int().nonnegative(), z.number().int().nonnegative()]) }),
});

/** In place of a layer's name, before a number that is written where a value could be. */
const CONSTANT = '_CONSTANT_VALUE';

/** The calls of a layer. @throws ComputeError INVALID_MODEL */
export function readCalls(layer: string, nodes: unknown): CallArguments[] {
  const calls = z.array(z.unknown()).safeParse(nodes ?? []);
  if (!calls.success) throw damaged(layer);
  return calls.data.map((call) => (Array.isArray(call) ? fromKeras2(layer, call) : fromKeras3(layer, call)));
}

function fromKeras2(layer: string, call: readonly unknown[]): CallArguments {
  // Functions of TensorFlow between layers have one list less around their arguments.
  const parsed = z.array(listed).safeParse(typeof call[0] === 'string' ? [call] : call);
  if (!parsed.success) throw damaged(layer);
  const positional: Connection[] = [];
  const constants: { at: number; value: unknown }[] = [];
  const kwargs: Record<string, unknown> = {};
  for (const [at, [name, node, tensor, rest]] of parsed.data.entries()) {
    if (name === CONSTANT) constants.push({ at, value: tensor });
    else positional.push(connection(layer, name, node, tensor));
    Object.assign(kwargs, rest);
  }
  return { constants, ...withNamed(positional, kwargs, (value) => connectionIn(layer, value)) };
}

function connectionIn(layer: string, value: unknown): Connection | undefined {
  if (!Array.isArray(value) || typeof value[0] !== 'string' || typeof value[1] !== 'number' || value[0] === CONSTANT) return undefined;
  return connection(layer, value[0], value[1], value[2]);
}

function connection(layer: string, name: string, node: number, tensor: unknown): Connection {
  if (node < 0) throw damaged(layer);
  return { layer: name, node, tensor: typeof tensor === 'number' ? tensor : 0 };
}

function fromKeras3(layer: string, call: unknown): CallArguments {
  const parsed = keras3.safeParse(call);
  if (!parsed.success) throw damaged(layer);
  const { args, kwargs = {} } = parsed.data;
  const positional: Connection[] = [];
  const constants: { at: number; value: unknown }[] = [];
  const given = args.flatMap((value) => (Array.isArray(value) && value.some(keras3Connection) ? value : [value]));
  for (const [at, value] of given.entries()) {
    const found = keras3Connection(value);
    if (found) positional.push(found);
    else if (value !== null) constants.push({ at, value });
  }
  // `predict` decides on it in Keras 3, whatever the call says.
  const { training: _, ...rest } = kwargs;
  return { constants, ...withNamed(positional, rest, keras3Connection) };
}

function keras3Connection(value: unknown): Connection | undefined {
  const parsed = keras3Tensor.safeParse(value);
  if (!parsed.success) return undefined;
  const [layer, node, tensor] = parsed.data.config.keras_history;
  return { layer, node, tensor };
}

/** First states of recurrent layers follow their input. */
const STATES = ['initial_state', 'states'];

function withNamed(
  positional: Connection[],
  kwargs: Readonly<Record<string, unknown>>,
  read: (value: unknown) => Connection | undefined,
): Omit<CallArguments, 'constants'> {
  const named: Record<string, Connection> = {};
  const settings: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(kwargs)) {
    const one = read(value);
    const several = Array.isArray(value) ? value.flatMap((each) => read(each) ?? []) : [];
    if (one && !STATES.includes(name)) named[name] = one;
    else if (one) positional.push(one);
    else if (several.length > 0) positional.push(...several);
    else if (value !== null) settings[name] = value;
  }
  return { positional, named, settings };
}

function damaged(layer: string): ComputeError {
  return new ComputeError('INVALID_MODEL', `The connections of layer ${layer} are damaged.`, ['modelTopology', layer]);
}
