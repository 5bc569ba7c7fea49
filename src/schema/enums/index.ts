/** Enums of the database and of compute, with their meaning. @module */
import { registerEnumType } from 'type-graphql';
import type { Access } from '../../compute/attacks/core/definition.js';
import type { Activation as ActivationName } from '../../compute/models/architectures/types.js';
import type { Layout } from '../../compute/models/black-box/network-input.js';
import { PROTOCOLS, type ProtocolName } from '../../compute/models/black-box/remote/protocols/registry.js';
import type { Outcome } from '../../compute/training/validation.js';
import type { FindingSeverity } from '../../results/findings/types.js';
import {
  DatasetSplit,
  JobState,
  ModelAccess,
  ModelFormat,
  ModelStatus,
  Norm,
  OutputKind,
  Role,
  Visibility,
} from '../../storage/generated/enums.js';

export { DatasetSplit, JobState, ModelAccess, ModelFormat, ModelStatus, Norm, OutputKind, Role, Visibility };

registerEnumType(Role, {
  name: 'Role',
  description: 'What a token allows. Each role has the rights of those before it.',
  valuesConfig: {
    VIEWER: { description: 'Read what is public and what is its own.' },
    SUBMITTER: { description: 'Upload and submit models, start evaluations, cancel and delete its own.' },
    ADMIN: { description: "Everything: others' private models, tokens, data sets." },
  },
});

registerEnumType(ModelStatus, {
  name: 'ModelStatus',
  description: 'Whether a model can be evaluated.',
  valuesConfig: {
    VALIDATING: { description: 'Its validation waits or runs.' },
    READY: { description: 'It was imported and run, forward and backward.' },
    REJECTED: { description: 'It failed its validation: `job.error` says why. Its files are gone.' },
  },
});

registerEnumType(Visibility, {
  name: 'Visibility',
  description: 'Who sees a model, and with it its evaluations, jobs, examples, files and images.',
  valuesConfig: {
    PUBLIC: { description: 'Everyone with a token.' },
    PRIVATE: { description: 'Its owner and admins. For others it does not exist.' },
  },
});

registerEnumType(JobState, {
  name: 'JobState',
  description: 'Where a job stands.',
  valuesConfig: {
    QUEUED: { description: 'Waits for a worker.' },
    RUNNING: { description: 'A worker has it. It stays so when the worker dies, until another goes on with it.' },
    SUCCEEDED: { description: 'Finished; its results are there.' },
    FAILED: { description: 'Ended with an error; it left no results.' },
    CANCELLED: { description: 'Ended by request; it left no results.' },
  },
});

registerEnumType(ModelFormat, {
  name: 'ModelFormat',
  description: 'Format of model files.',
  valuesConfig: {
    LAYERS_MODEL: { description: 'TensorFlow.js LayersModel: model.json and weight files, in a zip, tar or tar.gz.' },
    ONNX: { description: 'ONNX: an .onnx file, or a zip, tar or tar.gz of it and the files of its external data.' },
    TFJS_GRAPH_MODEL: { description: 'TensorFlow.js GraphModel: model.json and weight files, in a zip, tar or tar.gz.' },
  },
});

registerEnumType(OutputKind, {
  name: 'OutputKind',
  description: "What a model's output is.",
  valuesConfig: {
    LOGITS: { description: 'Scores before any softmax; a final softmax was removed.' },
    PROBABILITIES: { description: 'Probabilities, from a softmax that could not be removed: gradients may vanish.' },
    LABELS: { description: 'The predicted class alone. Its confidence is given as 1, and it is all that counts among the best five.' },
  },
});

registerEnumType(ModelAccess, {
  name: 'ModelAccess',
  description: 'The most that attacks can have of a model. An attack that needs more is refused.',
  valuesConfig: {
    GRADIENT: { description: 'Gradients with respect to the image. Only such a model can be trained.' },
    SCORE: { description: 'The score of every class: a black box.' },
    DECISION: { description: 'The predicted class alone: a black box.' },
  },
});

export const EndpointProtocol = Object.fromEntries(Object.keys(PROTOCOLS).map((name) => [name, name])) as { [Name in ProtocolName]: Name };
export type EndpointProtocol = ProtocolName;

registerEnumType(EndpointProtocol, {
  name: 'EndpointProtocol',
  description: 'How images and answers travel between the server and the endpoint of a model.',
  valuesConfig: PROTOCOLS,
});

export const ImageLayout = { CHANNELS_FIRST: 'CHANNELS_FIRST', CHANNELS_LAST: 'CHANNELS_LAST' } as const satisfies Record<Layout, Layout>;
export type ImageLayout = Layout;

registerEnumType(ImageLayout, {
  name: 'ImageLayout',
  description: 'Order of the axes of an image.',
  valuesConfig: {
    CHANNELS_FIRST: { description: 'Channels, height, width: PyTorch.' },
    CHANNELS_LAST: { description: 'Height, width, channels: TensorFlow.' },
  },
});

registerEnumType(DatasetSplit, {
  name: 'DatasetSplit',
  description: 'Part of a data set.',
  valuesConfig: { TRAIN: { description: 'For training.' }, TEST: { description: 'For measuring.' } },
});

registerEnumType(Norm, {
  name: 'Norm',
  description: 'How the size of a perturbation is measured.',
  valuesConfig: {
    LINF: { description: 'Largest change of any pixel value.' },
    L2: { description: 'Euclidean distance.' },
    L1: { description: 'Sum of absolute changes.' },
    L0: { description: 'Share of pixel values that changed.' },
  },
});

export enum ChannelOrder {
  RGB = 'RGB',
  BGR = 'BGR',
}

registerEnumType(ChannelOrder, {
  name: 'ChannelOrder',
  description: 'Order of colour channels.',
  valuesConfig: { RGB: { description: 'Red first.' }, BGR: { description: 'Blue first.' } },
});

export const AttackAccess = { GRADIENT: 'GRADIENT', SCORE: 'SCORE', DECISION: 'DECISION', NONE: 'NONE' } as const satisfies Record<
  Access,
  Access
>;

registerEnumType(AttackAccess, {
  name: 'AttackAccess',
  description: 'What an attack needs of the model.',
  valuesConfig: {
    GRADIENT: { description: 'Gradients with respect to the image.' },
    SCORE: { description: 'The score of every class.' },
    DECISION: { description: 'The predicted class alone.' },
    NONE: { description: 'Nothing.' },
  },
});

export const Severity = { INFO: 'INFO', WARNING: 'WARNING', ERROR: 'ERROR' } as const satisfies Record<FindingSeverity, FindingSeverity>;

registerEnumType(Severity, {
  name: 'FindingSeverity',
  description: 'How much a finding matters.',
  valuesConfig: {
    INFO: { description: 'Good to know.' },
    WARNING: { description: 'The numbers need care.' },
    ERROR: { description: 'The numbers are wrong.' },
  },
});

export const Activation = {
  RELU: 'relu',
  RELU6: 'relu6',
  ELU: 'elu',
  TANH: 'tanh',
  SWISH: 'swish',
  RELU_DECAY: 'reluDecay',
} as const satisfies Record<string, ActivationName>;
export type Activation = ActivationName;

registerEnumType(Activation, {
  name: 'Activation',
  description: 'Activation function of hidden layers.',
  valuesConfig: {
    RELU: { description: 'max(x, 0).' },
    RELU6: { description: 'min(max(x, 0), 6).' },
    ELU: { description: 'x above 0, else exp(x) - 1.' },
    TANH: { description: 'The hyperbolic tangent.' },
    SWISH: { description: 'x · sigmoid(x).' },
    RELU_DECAY: { description: 'relu(x) / (1 + β relu(x)²).' },
  },
});

export const TrainingOutcome = {
  COMPLETED: 'COMPLETED',
  EARLY_STOPPED: 'EARLY_STOPPED',
  CATASTROPHIC_OVERFITTING: 'CATASTROPHIC_OVERFITTING',
} as const satisfies Record<Outcome, Outcome>;

registerEnumType(TrainingOutcome, {
  name: 'TrainingOutcome',
  description: 'Why training ended.',
  valuesConfig: {
    COMPLETED: { description: 'It came to its last step.' },
    EARLY_STOPPED: { description: 'Iterative accuracy did not rise any more; the model has the best weights.' },
    CATASTROPHIC_OVERFITTING: {
      description:
        'Iterative accuracy fell while one-step accuracy did not: the network had learned its own attack. The model has the best weights.',
    },
  },
});
