/** Which nodes of the graph a layer becomes: one as a rule, several for those that hold recurrent layers. @module */
import { ComputeError } from '../../errors.js';
import type { Attributes } from '../dataflow/attributes.js';
import type { Shape } from './layer.js';
import { kerasLayers } from './layers/index.js';
import { INNER_CLASS } from './layers/wrappers.js';
import { settingsOf } from './settings.js';
import { CELLS, cellsOf, isContainer, type LayerConfig, nameOf } from './topology.js';

/** A value of the graph while it is read. */
export interface Flow {
  readonly name: string;
  readonly shape: Shape;
  /** Name of the mask of steps that recurrent layers leave out. */
  readonly mask?: string;
}

export interface Part {
  /** Key of the table of layers. */
  readonly operator: string;
  readonly name: string;
  /** In front of its weights' names. */
  readonly scope: string;
  readonly settings: Attributes;
  readonly trainable: boolean;
  /** Its inputs among those of the layer and the outputs of the parts before it. */
  inputs(given: readonly Flow[], done: readonly (readonly Flow[])[]): readonly Flow[];
}

export interface LayerParts {
  readonly parts: readonly Part[];
  /** The outputs of the layer among those of its parts. */
  outputs(done: readonly (readonly Flow[])[]): readonly Flow[];
}

type Config = LayerConfig['config'];

const isTrainable = ({ config }: LayerConfig) => config['trainable'] !== false;

function part(operator: string, name: string, config: Config, rest: Pick<Part, 'inputs'> & Partial<Part>): Part {
  return { operator, name, scope: name, settings: settingsOf(name, config), trainable: true, ...rest };
}

/** @throws ComputeError INVALID_MODEL or UNSUPPORTED_OPERATION for a wrapper around what it cannot hold. */
export function splitLayer(layer: LayerConfig): LayerParts {
  if (layer.class_name === 'Bidirectional') return bothWays(layer);
  if (layer.class_name === 'RNN') return cellByCell(layer);
  const name = nameOf(layer);
  const single = (config: Config, trainable: boolean): LayerParts => ({
    parts: [part(layer.class_name, name, config, { trainable, inputs: (given) => given })],
    outputs: ([outputs]) => outputs!,
  });
  if (layer.class_name !== 'TimeDistributed') return single(layer.config, isTrainable(layer));
  const inner = innerOf(layer);
  return single({ ...inner.config, [INNER_CLASS]: inner.class_name }, isTrainable(inner));
}

function innerOf(layer: LayerConfig): LayerConfig {
  const inner = layer.config['layer'] as LayerConfig | undefined;
  if (typeof inner?.class_name !== 'string' || typeof inner.config !== 'object' || inner.config === null) {
    throw new ComputeError('INVALID_MODEL', 'it wraps no layer');
  }
  const isPlain = Object.hasOwn(kerasLayers, inner.class_name) && !['Bidirectional', 'TimeDistributed'].includes(inner.class_name);
  if (isPlain && !isContainer(inner)) return inner;
  throw new ComputeError('UNSUPPORTED_OPERATION', `it cannot hold a ${inner.class_name}`);
}

/** A recurrent layer, its reverse, and what merges them. */
function bothWays(layer: LayerConfig): LayerParts {
  const [name, inner] = [nameOf(layer), innerOf(layer)];
  if (kerasLayers[inner.class_name]!.mask !== 'READ') throw new ComputeError('INVALID_MODEL', `a ${inner.class_name} cannot run backwards`);
  const direction = (prefix: string, goBackwards: boolean, states: (given: readonly Flow[]) => readonly Flow[]) =>
    part(
      inner.class_name,
      name,
      { ...inner.config, go_backwards: goBackwards },
      {
        scope: `${name}/${prefix}_${nameOf(inner)}`,
        trainable: isTrainable(inner),
        inputs: (given) => [given[0]!, ...states(given)],
      },
    );
  const backwards = inner.config['go_backwards'] === true;
  const half = (given: readonly Flow[]) => 1 + Math.floor((given.length - 1) / 2);
  const mode = layer.config['merge_mode'] === null ? 'none' : (layer.config['merge_mode'] ?? 'concat');
  const merging = { merge_mode: mode, return_sequences: inner.config['return_sequences'] === true };
  return {
    parts: [
      direction('forward', backwards, (given) => given.slice(1, half(given))),
      direction('backward', !backwards, (given) => given.slice(half(given))),
      part('Bidirectional', name, merging, { inputs: (_, [forward, backward]) => [forward![0]!, backward![0]!] }),
    ],
    outputs: ([forward, backward, merged]) => [...merged!, ...forward!.slice(1), ...backward!.slice(1)],
  };
}

/** Cells on top of each other are recurrent layers one after the other. */
function cellByCell(layer: LayerConfig): LayerParts {
  const [name, cells] = [nameOf(layer), cellsOf(layer)];
  const { return_sequences, return_state, go_backwards, stateful } = layer.config;
  const isStacked = Array.isArray(layer.config['cell']) || (layer.config['cell'] as LayerConfig).class_name === 'StackedRNNCells';
  return {
    parts: cells.map((cell, i) => {
      const isLast = i === cells.length - 1;
      const running = { return_sequences: !isLast || return_sequences, return_state, go_backwards: i === 0 && go_backwards, stateful };
      return part(
        CELLS[cell.class_name]!,
        name,
        { ...cell.config, ...running },
        {
          scope: isStacked ? `${name}/RNNCell_${i}` : name,
          trainable: isTrainable(layer) && isTrainable(cell),
          inputs(given, done) {
            if (given.length > 1 && isStacked) throw new ComputeError('UNSUPPORTED_OPERATION', 'stacked cells take no initial states');
            return i === 0 ? given : [done[i - 1]![0]!];
          },
        },
      );
    }),
    outputs: (done) => [done.at(-1)![0]!, ...done.toReversed().flatMap((outputs) => outputs.slice(1))],
  };
}
