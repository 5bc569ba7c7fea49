/** ResNet-20 for small images (He et al. 2016, arXiv 1512.03385, section 4.2). @module */
import { input, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { batchNorm, conv, dense, relu } from './layers.js';
import type { Architecture } from './types.js';

const BLOCKS_PER_STAGE = 3;
const STAGE_WIDTHS = [16, 32, 64];

export const resnet20: Architecture = {
  name: 'resnet-20',
  title: 'ResNet-20',
  description:
    'Three stages of three residual blocks of 16, 32 and 64 channels, shortcuts without parameters: 0.27 M parameters for CIFAR-10.',
  inputShape: [32, 32, 3],
  classCount: 10,
  build(inputShape, classCount) {
    const image = input({ shape: [...inputShape], name: 'image' });
    let x = normalised('stem', image, STAGE_WIDTHS[0]!, 1);
    x = relu('stem_relu', x);
    for (const [stage, width] of STAGE_WIDTHS.entries()) {
      for (let block = 0; block < BLOCKS_PER_STAGE; block++) {
        x = residualBlock(`stage${stage + 1}_block${block + 1}`, x, width, stage > 0 && block === 0);
      }
    }
    const pooled = layers.globalAveragePooling2d({ name: 'pool', dataFormat: 'channelsLast' }).apply(x) as SymbolicTensor;
    return model({ inputs: image, outputs: dense('logits', classCount).apply(pooled) as SymbolicTensor, name: 'resnet-20' });
  },
};

function residualBlock(name: string, x: SymbolicTensor, width: number, downsample: boolean): SymbolicTensor {
  let y = normalised(`${name}_conv1`, x, width, downsample ? 2 : 1);
  y = relu(`${name}_relu1`, y);
  y = normalised(`${name}_conv2`, y, width, 1);
  const sum = layers.add({ name: `${name}_add` }).apply([y, downsample ? shortcut(name, x, width) : x]) as SymbolicTensor;
  return relu(`${name}_relu2`, sum);
}

/** The paper's option A: every other pixel, and zeros for the new channels, half of them on either side. */
function shortcut(name: string, x: SymbolicTensor, width: number): SymbolicTensor {
  const everyOther = layers.maxPooling2d({ poolSize: 1, strides: 2, name: `${name}_subsample` }).apply(x) as SymbolicTensor;
  const added = (width - x.shape[3]!) / 2;
  // Taken as channels-first, the layer pads the last two axes: width by nothing, and channels.
  const padding: [[number, number], [number, number]] = [
    [0, 0],
    [added, added],
  ];
  return layers.zeroPadding2d({ padding, dataFormat: 'channelsFirst', name: `${name}_pad` }).apply(everyOther) as SymbolicTensor;
}

function normalised(name: string, x: SymbolicTensor, filters: number, strides: number): SymbolicTensor {
  return batchNorm(`${name}_bn`, conv(name, filters, 3, { strides, useBias: false }).apply(x) as SymbolicTensor);
}
