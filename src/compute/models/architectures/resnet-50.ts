/** ResNet-50 for ImageNet (He et al. 2016, arXiv 1512.03385, table 1). @module */
import { input, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { batchNorm, conv, dense, relu } from './layers.js';
import type { Architecture } from './types.js';

const STAGES = [
  { width: 64, blocks: 3 },
  { width: 128, blocks: 4 },
  { width: 256, blocks: 6 },
  { width: 512, blocks: 3 },
];

/** A block's output is this many times as wide as its inner convolutions. */
const EXPANSION = 4;

export const resnet50: Architecture = {
  name: 'resnet-50',
  title: 'ResNet-50',
  description:
    'Four stages of 3, 4, 6 and 3 bottleneck blocks, the stride in their 3×3 convolution: 25.6 M parameters, 4.1 G multiplications at 224×224.',
  inputShape: [224, 224, 3],
  classCount: 1000,
  build(inputShape, classCount) {
    const image = input({ shape: [...inputShape], name: 'image' });
    let x = normalised('stem', image, 64, 7, 2);
    x = layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same', name: 'stem_pool' }).apply(relu('stem_relu', x)) as SymbolicTensor;
    for (const [stage, { width, blocks }] of STAGES.entries()) {
      for (let block = 0; block < blocks; block++) {
        x = bottleneck(`stage${stage + 1}_block${block + 1}`, x, width, stage > 0 && block === 0 ? 2 : 1);
      }
    }
    const pooled = layers.globalAveragePooling2d({ name: 'pool', dataFormat: 'channelsLast' }).apply(x) as SymbolicTensor;
    return model({ inputs: image, outputs: dense('logits', classCount).apply(pooled) as SymbolicTensor, name: 'resnet-50' });
  },
};

function bottleneck(name: string, x: SymbolicTensor, width: number, strides: number): SymbolicTensor {
  const wide = width * EXPANSION;
  let y = relu(`${name}_relu1`, normalised(`${name}_conv1`, x, width, 1, 1));
  y = relu(`${name}_relu2`, normalised(`${name}_conv2`, y, width, 3, strides));
  y = normalised(`${name}_conv3`, y, wide, 1, 1);
  const shortcut = strides === 1 && x.shape[3] === wide ? x : normalised(`${name}_shortcut`, x, wide, 1, strides);
  return relu(`${name}_relu3`, layers.add({ name: `${name}_add` }).apply([y, shortcut]) as SymbolicTensor);
}

function normalised(name: string, x: SymbolicTensor, filters: number, kernelSize: number, strides: number): SymbolicTensor {
  return batchNorm(`${name}_bn`, conv(name, filters, kernelSize, { strides, useBias: false }).apply(x) as SymbolicTensor);
}
