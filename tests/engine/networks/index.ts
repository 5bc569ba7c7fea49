/** Small forms of the families of networks that the compiled engine must run. @module */
import * as tf from '@tensorflow/tfjs-core';
import { gelu, geluByTanh, hardSwish, reluDecay, swish } from './activations.js';
import type { Activation, Network } from './builder.js';
import { denseNet } from './densenet.js';
import { efficientNet } from './efficientnet.js';
import { inceptionV3, inceptionV3Reference } from './inception.js';
import { mlp } from './mlp.js';
import { mobileNetV1, mobileNetV2, mobileNetV3 } from './mobilenet.js';
import { resNet, wideResNet } from './resnet.js';
import { vgg } from './vgg.js';
import { visionTransformer } from './vit.js';

export { Builder, type Network } from './builder.js';

interface Subject {
  readonly network: Network;
  /** The same function, where tfjs's own gradient of {@link network} is wrong. */
  readonly reference?: Network;
  /** Height and width of the images; default 32. */
  readonly size?: number;
}

/** Activations of Kurakin et al. 2016, appendix, and of newer networks. */
const activations: Readonly<Record<string, Activation>> = {
  ReLU: (x) => tf.relu(x),
  tanh: (x) => tf.tanh(x),
  ReLU6: (x) => tf.relu6(x),
  ELU: (x) => tf.elu(x),
  SELU: (x) => tf.selu(x),
  softplus: (x) => tf.softplus(x),
  swish,
  'hard swish': hardSwish,
  'GELU by erf': gelu,
  'GELU by tanh': geluByTanh,
  'ReluDecay, β = 0.1': reluDecay(0.1),
  'leaky ReLU': (x) => tf.leakyRelu(x, 0.1),
  sigmoid: (x) => tf.sigmoid(x),
};

export const convolutional: Readonly<Record<string, Subject>> = {
  'MobileNet v1': { network: mobileNetV1 },
  'MobileNet v2': { network: mobileNetV2 },
  'MobileNet v3': { network: mobileNetV3 },
  EfficientNet: { network: efficientNet },
  'Inception v3': { network: inceptionV3, reference: inceptionV3Reference, size: 75 },
  DenseNet: { network: denseNet },
  VGG: { network: vgg },
  'ResNet for ImageNet': { network: resNet, size: 64 },
  'Wide ResNet': { network: wideResNet },
};

export const networks: Readonly<Record<string, Subject>> = {
  ...convolutional,
  'vision transformer': { network: visionTransformer(gelu) },
  'vision transformer, GELU by tanh': { network: visionTransformer(geluByTanh) },
  ...Object.fromEntries(Object.entries(activations).map(([name, activation]) => [`MLP of ${name}`, { network: mlp(activation) }])),
};
