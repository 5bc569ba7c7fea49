/** Models that come with the server. @module */

/** Each is submitted where its data set is. */
export const SHIPPED_MODELS = [
  { name: 'mnist-baseline', description: 'A small CNN trained on clean MNIST.', dataset: 'mnist-test' },
  { name: 'mnist-adversarial', description: 'The same CNN, adversarially trained.', dataset: 'mnist-test' },
  { name: 'cifar10-resnet-20', description: 'ResNet-20 trained on a part of CIFAR-10.', dataset: 'cifar10-test' },
] as const;
