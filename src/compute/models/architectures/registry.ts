/** Built-in architectures, and how one becomes a model with initial weights. @module */
import { ComputeError } from '../../errors.js';
import { type LayersDifferentiableModel, layersModel } from '../keras/index.js';
import { type KerasNetwork, readNetwork } from '../keras/read.js';
import type { Topology } from '../keras/topology.js';
import { DEFAULT_MODEL_LIMITS, type ModelSpec } from '../types.js';
import { initialise } from './initialise.js';
import { inceptionV3 } from './inception-v3.js';
import { mlp } from './mlp.js';
import { mnistCnn } from './mnist-cnn.js';
import { mnistSmallCnn } from './mnist-small-cnn.js';
import { mobilenetV2 } from './mobilenet-v2.js';
import { resnet18 } from './resnet-18.js';
import { resnet50 } from './resnet-50.js';
import { resnet20, resnet32 } from './resnet-small-images.js';
import { type Activation, ACTIVATIONS, type Architecture, type ImageShape } from './types.js';
import { vgg16 } from './vgg-16.js';
import { wideResnetOf, wrn16x4, wrn28x10 } from './wide-resnet.js';

export const architectures: readonly Architecture[] = [
  mnistCnn,
  mnistSmallCnn,
  mlp,
  resnet18,
  resnet20,
  resnet32,
  resnet50,
  mobilenetV2,
  vgg16,
  inceptionV3,
  wrn16x4,
  wrn28x10,
];

const LARGEST_WIDTH = 16;

/** @throws ComputeError INVALID_MODEL, naming the architectures that there are. */
export function findArchitecture(name: string): Architecture {
  const architecture = architectures.find((candidate) => candidate.name === name) ?? wideResnetOf(name);
  if (architecture) return architecture;
  const known = architectures.map((candidate) => candidate.name).join(', ');
  throw new ComputeError(
    'INVALID_MODEL',
    `There is no architecture "${name}". Known architectures: ${known}, and any wrn-d-k with d = 6 n + 4.`,
    ['name'],
  );
}

export interface BuildOptions {
  readonly seed: number;
  readonly inputShape?: ImageShape;
  readonly classCount?: number;
  /** ρ: factor on the number of channels and hidden units of each layer. Default: 1. */
  readonly width?: number;
  /** Default: the architecture's own. */
  readonly activation?: Activation;
  /** β of `reluDecay`. Default: 0.1. */
  readonly activationBeta?: number;
  /** Share of the values before the logits that are dropped in training. Default: the architecture's own. */
  readonly dropout?: number;
  /** Preprocessing and class names; shape and class count follow from the layers. */
  readonly spec?: Partial<ModelSpec>;
}

/** A built-in architecture with initial weights. The same options give the same model, on every machine. */
export async function buildArchitecture(name: string, options: BuildOptions): Promise<LayersDifferentiableModel> {
  const architecture = findArchitecture(name);
  const inputShape = options.inputShape ?? architecture.inputShape;
  const classCount = options.classCount ?? architecture.classCount;
  if (!Number.isInteger(classCount) || classCount < 2) {
    throw new ComputeError('INVALID_MODEL', `classCount is ${classCount}; a classifier has at least two classes.`, ['classCount']);
  }
  if (inputShape.length !== 3 || !inputShape.every((size) => Number.isInteger(size) && size > 0)) {
    throw new ComputeError('INVALID_MODEL', `inputShape is [${inputShape.join(', ')}]; give [height, width, channels].`, ['inputShape']);
  }
  const {
    width = 1,
    activation = architecture.activation ?? 'relu',
    activationBeta: beta = 0.1,
    dropout = architecture.dropout ?? 0,
  } = options;
  if (!(width > 0 && width <= LARGEST_WIDTH)) {
    throw new ComputeError('INVALID_MODEL', `width is ${width}; give a factor above 0, at most ${LARGEST_WIDTH}.`, ['width']);
  }
  if (!ACTIVATIONS.includes(activation)) {
    throw new ComputeError('INVALID_MODEL', `There is no activation "${activation}": choose among ${ACTIVATIONS.join(', ')}.`, [
      'activation',
    ]);
  }
  if (!(beta >= 0 && Number.isFinite(beta))) {
    throw new ComputeError('INVALID_MODEL', `activationBeta is ${beta}; give a number from 0 up.`, ['activationBeta']);
  }
  if (!(dropout >= 0 && dropout < 1)) {
    throw new ComputeError('INVALID_MODEL', `dropout is ${dropout}; give a share from 0 up, below 1.`, ['dropout']);
  }
  const { topology, network } = describe(() => architecture.build({ inputShape, classCount, width, activation, beta, dropout }));
  return layersModel(topology, initialise(network.shapes, options.seed), { ...options.spec, inputShape });
}

/** Layers complain where an image is too small for them. */
function describe(build: () => Topology): { topology: Topology; network: KerasNetwork } {
  try {
    const topology = structuredClone(build());
    return { topology, network: readNetwork(topology, Infinity, DEFAULT_MODEL_LIMITS) };
  } catch (error) {
    if (error instanceof ComputeError && error.code === 'LIMIT_EXCEEDED') throw error;
    throw new ComputeError('INVALID_MODEL', `The architecture does not fit this input shape: ${(error as Error).message}`, ['inputShape'], {
      cause: error,
    });
  }
}
