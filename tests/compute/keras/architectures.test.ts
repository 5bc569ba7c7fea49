/** Topologies, fingerprints and the order of weights of every architecture, as tfjs-layers wrote them when architectures were built with it. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { architectures, type BuildOptions, buildArchitecture } from '../../../src/compute/models/architectures/registry.js';

/** The first 16 digits of the SHA-256 of its JSON. */
function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}

/** Name, options, and digests of the topology, of the model, of the shapes of its variables in their order, and of the names of those trained. */
const RECORDS: readonly (readonly [string, Omit<BuildOptions, 'seed'>, string, string, string, string])[] = [
  ['mnist-cnn', { width: 0.1 }, '0f30c985261a0b0c', '53f2d8c47c46a534', '977bf9503daf9cd3', 'e2396c1e3cb16ec2'],
  ['mnist-small-cnn', { width: 0.1 }, '07cbd9972c972e97', '39527d8b06a9ec96', '610de776fdc2cd22', 'e2396c1e3cb16ec2'],
  ['mlp', { width: 0.1 }, 'd15874d94652d3ab', 'a8cf055f8b12b286', '4cba8bbd7b16fee5', 'ffcf5f519b1363de'],
  ['resnet-18', { width: 0.1 }, '2d57c260692e2107', 'de2b7b397a4ddebf', '0f2200bac22c8d86', '88da0ab881485e56'],
  ['resnet-20', { width: 0.1 }, 'b5693ea31d7bf4fe', 'de2bd51b878cb2e7', 'eb303e0c80dd0f23', 'dc4625d9240cedaf'],
  ['resnet-32', { width: 0.1 }, '4ba41709b3ec4f15', 'd14bd3f2ee34ce2b', 'eea3e2ee0d49e685', 'f9c874b853abd80b'],
  ['resnet-50', { width: 0.1 }, '2d0d9cea624961b4', '51960ff705026d48', '288a4d434e78308a', '205f13fdab24bf28'],
  ['mobilenet-v2', { width: 0.1 }, '7123e792b92087ff', 'efdb3dd54bc297e4', '65d045ecfb9c4c4a', '3d01d3d11bb56f96'],
  ['vgg-16', { width: 0.1 }, 'e8a4430bb19dccf3', '803007fedadb39bc', '1bd15fa2a0d2b962', '687e5410eeaae41f'],
  ['wrn-16-4', { width: 0.1 }, 'ee96af29460f8dcf', '143eef9952dc9924', '25e222d687d33b0b', 'eda5fa428e03fed6'],
  ['wrn-28-10', { width: 0.1 }, '6d73e2c1fa3be3e0', '69fdee30831c3f6f', '8e9026ba94f4c098', '5be737e04f7f84ee'],
  ['mlp', {}, 'a73600ced4741ad2', '2baf67505180e836', '484d4adcf9ebf3e1', 'ffcf5f519b1363de'],
  ['mnist-cnn', {}, 'b514bb9f14c4defa', '23653d41b2e81dd4', 'a5f567f33b5a726e', 'e2396c1e3cb16ec2'],
  ['mnist-small-cnn', {}, '376ef71ba3db2e5f', '931d0a78ffd3a946', '4a37f75a4508941a', 'e2396c1e3cb16ec2'],
  ['resnet-20', {}, '560d16f6332cf17f', '6deb043cbf7e31ae', '7255b06712c2a993', 'dc4625d9240cedaf'],
  ['resnet-32', {}, 'a09f1465e579bee9', 'a49cf6fc9ff3a3d6', '05d3ee69650a4238', 'f9c874b853abd80b'],
  ['wrn-10-1', {}, 'cf73d45fed2c7982', 'c3844e6f5fe7183b', '1a896fecb2d42fb2', '2d5eb005281e4019'],
  [
    'mlp',
    { width: 0.25, activation: 'reluDecay', activationBeta: 0.3, dropout: 0.4 },
    '4377796e250f8ea8',
    '69a6549209bb2ebe',
    '0bfac97049e01b39',
    'ffcf5f519b1363de',
  ],
  [
    'mnist-small-cnn',
    { width: 0.25, activation: 'elu', activationBeta: 0.3, dropout: 0.4 },
    '124343e888e643fa',
    '01f11edd0b2ca675',
    '0578ac7cce4f74c7',
    'e2396c1e3cb16ec2',
  ],
  [
    'mnist-cnn',
    { width: 0.25, activation: 'tanh', activationBeta: 0.3, dropout: 0.4 },
    'fbe34461e827a899',
    '94bbe17cccde0e2d',
    '8905718f535dd827',
    'e2396c1e3cb16ec2',
  ],
  [
    'resnet-20',
    { width: 0.25, activation: 'reluDecay', activationBeta: 0.3, dropout: 0.4 },
    '5f75b4a9986de260',
    '1a9a6c393ecf8c75',
    '7311378c19515c1c',
    'dc4625d9240cedaf',
  ],
  [
    'wrn-10-1',
    { width: 0.25, activation: 'swish', activationBeta: 0.3, dropout: 0.4 },
    '686a1baa7e05da38',
    '996021fb190c1871',
    'd1311ce162de37b8',
    '2d5eb005281e4019',
  ],
  [
    'mobilenet-v2',
    { width: 0.25, activation: 'relu', activationBeta: 0.3, dropout: 0.4 },
    'ff607b92f38f4eb1',
    '8274349e3ae32dbc',
    '0a0c08c2bb8c09de',
    '3d01d3d11bb56f96',
  ],
  [
    'mlp',
    { width: 0.25, activation: 'relu6', activationBeta: 0.3, dropout: 0.4 },
    '71ed4004c9d848c0',
    '72a562d1ed51fdba',
    '0bfac97049e01b39',
    'ffcf5f519b1363de',
  ],
  [
    'resnet-18',
    { inputShape: [32, 32, 3], classCount: 7, width: 0.1 },
    'e47b2621f56227fc',
    'e7348310a2b1f2c7',
    '3747a89c5b744a15',
    '88da0ab881485e56',
  ],
  [
    'vgg-16',
    { inputShape: [32, 32, 3], classCount: 7, width: 0.1 },
    '399178d855964da6',
    'e7ec031d35672c67',
    'c73b1fa39e2f6ea0',
    '687e5410eeaae41f',
  ],
  [
    'wrn-16-4',
    { inputShape: [32, 32, 3], classCount: 7, width: 0.1 },
    '85b61748d991f1d5',
    '68f5658543f03a5b',
    '27bd4343f8c9b2ad',
    'eda5fa428e03fed6',
  ],
  [
    'mobilenet-v2',
    { inputShape: [32, 32, 3], classCount: 7, width: 0.1 },
    '6f60f31e6338a209',
    'ec94d03599d14009',
    '463e4d00073563f5',
    '3d01d3d11bb56f96',
  ],
  [
    'resnet-50',
    { inputShape: [32, 32, 3], classCount: 7, width: 0.1 },
    '2ee56973d6b04032',
    '1590f0314e46d3ad',
    '321f3a04c9e1d481',
    '205f13fdab24bf28',
  ],
  [
    'inception-v3',
    { inputShape: [139, 139, 3], classCount: 5, width: 0.05, activation: 'elu' },
    '74f5b5c48e8ed85e',
    '7e98bc7019ea675f',
    '05b9484b0649e0f4',
    'f6cee3ee388d8da8',
  ],
];

it.each(RECORDS)(
  '%s with %j has the topology, weights and fingerprint that it had',
  async (name, options, topology, fingerprint, variables, trainable) => {
    const model = await buildArchitecture(name, { seed: 1, ...options });
    const shapes = Object.entries(model.variables).map(([variable, { shape }]) => [variable, shape]);
    expect({
      topology: digest(model.topology),
      fingerprint: model.fingerprint.slice(0, 16),
      variables: digest(shapes),
      trainable: digest(model.trainable),
    }).toEqual({ topology, fingerprint, variables, trainable });
  },
);

it('every architecture is looked at', () => {
  const recorded = new Set(RECORDS.map(([name]) => name));
  expect(architectures.map(({ name }) => name).filter((name) => !recorded.has(name))).toEqual([]);
});
