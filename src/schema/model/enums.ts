import { registerEnumType } from 'type-graphql';
import { type Activation as ActivationName, type Layout, type ProtocolName, PROTOCOLS } from '../../compute/models/index.js';
import { ModelAccess, ModelFormat, ModelStatus, OutputKind } from '../../storage/generated/enums.js';

export { ModelAccess, ModelFormat, ModelStatus, OutputKind };

registerEnumType(ModelStatus, {
  name: 'ModelStatus',
  description: 'Whether a model can be evaluated.',
  valuesConfig: {
    VALIDATING: { description: 'Its validation waits or runs.' },
    READY: { description: 'It was imported and run, forward and backward.' },
    REJECTED: { description: 'It failed its validation: `job.error` says why. Its files are gone.' },
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
    PROBABILITIES: { description: 'Probabilities, from a softmax or sigmoids that could not be removed: gradients may vanish.' },
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

export enum ChannelOrder {
  RGB = 'RGB',
  BGR = 'BGR',
}

registerEnumType(ChannelOrder, {
  name: 'ChannelOrder',
  description: 'Order of colour channels.',
  valuesConfig: { RGB: { description: 'Red first.' }, BGR: { description: 'Blue first.' } },
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
