/** Wide residual networks (Zagoruyko & Komodakis 2016, arXiv 1605.07146) for small images. @module */
import { input, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { batchNorm, conv, dense, relu } from './layers.js';
import type { Architecture } from './types.js';

const STAGE_WIDTHS = [16, 32, 64];

/** WRN-d-k. @param depth 6 n + 4 for n blocks a stage. @param widen factor k on the stages' widths. */
function wideResnet(depth: number, widen: number, parameters: string): Architecture {
  const blocksPerStage = (depth - 4) / 6;
  const name = `wrn-${depth}-${widen}`;
  return {
    name,
    title: `WRN-${depth}-${widen}`,
    description: `Three stages of ${blocksPerStage} pre-activation residual blocks, ${STAGE_WIDTHS.map((width) => width * widen).join(', ')} channels wide: ${parameters} parameters for CIFAR-10.`,
    inputShape: [32, 32, 3],
    classCount: 10,
    build(inputShape, classCount) {
      const image = input({ shape: [...inputShape], name: 'image' });
      let x = conv('stem', STAGE_WIDTHS[0]!, 3, { useBias: false }).apply(image) as SymbolicTensor;
      for (const [stage, width] of STAGE_WIDTHS.entries()) {
        for (let block = 0; block < blocksPerStage; block++) {
          x = preActivationBlock(`stage${stage + 1}_block${block + 1}`, x, width * widen, stage > 0 && block === 0 ? 2 : 1);
        }
      }
      x = relu('last_relu', batchNorm('last_bn', x));
      const pooled = layers.globalAveragePooling2d({ name: 'pool', dataFormat: 'channelsLast' }).apply(x) as SymbolicTensor;
      return model({ inputs: image, outputs: dense('logits', classCount).apply(pooled) as SymbolicTensor, name });
    },
  };
}

function preActivationBlock(name: string, x: SymbolicTensor, width: number, strides: number): SymbolicTensor {
  const active = relu(`${name}_relu1`, batchNorm(`${name}_bn1`, x));
  let y = conv(`${name}_conv1`, width, 3, { strides, useBias: false }).apply(active) as SymbolicTensor;
  y = relu(`${name}_relu2`, batchNorm(`${name}_bn2`, y));
  y = conv(`${name}_conv2`, width, 3, { useBias: false }).apply(y) as SymbolicTensor;
  const same = strides === 1 && x.shape[3] === width;
  const shortcut = same ? x : (conv(`${name}_shortcut`, width, 1, { strides, useBias: false }).apply(active) as SymbolicTensor);
  return layers.add({ name: `${name}_add` }).apply([y, shortcut]) as SymbolicTensor;
}

export const wrn16x4 = wideResnet(16, 4, '2.7 M');
export const wrn28x10 = wideResnet(28, 10, '36.5 M');
