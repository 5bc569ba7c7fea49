/** Which nodes of the graph a layer becomes: one as a rule, several for those that hold recurrent layers. @module */
import { ComputeError } from '../../errors.js';
import { Attributes } from '../dataflow/attributes.js';
import type { Shape } from './layer.js';
import { kerasLayers } from './layers/index.js';
import { INNER_CLASS } from './layers/wrappers.js';
import { settingsOf } from './settings.js';
import { CELLS, cellsOf, isContainer, isLayerActivation, type LayerConfig, nameOf } from './topology.js';

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
  /** Names of weights that files hold and no prediction needs. */
  readonly unread?: readonly string[];
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
  if (layer.class_name === 'SpectralNormalization') return spectral(layer);
  const name = nameOf(layer);
  const single = (config: Config, trainable: boolean): LayerParts =>
    withActivation(part(layer.class_name, name, config, { trainable, inputs: (given) => given }), config);
  if (layer.class_name !== 'TimeDistributed') return single(layer.config, isTrainable(layer));
  const inner = innerOf(layer);
  return single({ ...inner.config, [INNER_CLASS]: inner.class_name }, isTrainable(inner));
}

/** A layer, and the one that is its activation. */
function withActivation(own: Part, { activation }: Config): LayerParts {
  if (!isLayerActivation(activation)) return { parts: [own], outputs: ([outputs]) => outputs! };
  const { class_name, config } = activation;
  return {
    parts: [
      { ...own, settings: new Attributes(own.name, { ...own.settings.values, activation: 'linear' }) },
      part(class_name, `${own.name}/${class_name}`, config, { inputs: (_, [outputs]) => outputs! }),
    ],
    outputs: ([, outputs]) => outputs!,
  };
}

/** What divides the kernel by its largest singular value has done so in training; in predictions the layer inside is as any other (Miyato et al. 2018). */
function spectral(layer: LayerConfig): LayerParts {
  const [name, inner] = [nameOf(layer), innerOf(layer)];
  const scope = `${name}/${nameOf(inner)}`;
  const rest = { scope, trainable: isTrainable(layer) && isTrainable(inner), inputs: (given: readonly Flow[]) => given };
  return withActivation({ ...part(inner.class_name, name, inner.config, rest), unread: [`${name}/vector_u`] }, inner.config);
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
        // Keras 3 puts the direction into the name of the layer inside.
        scope: `${name}/${prefix}_${nameOf(inner).replace(/^(forward|backward)_/, '')}`,
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
