/** Residual networks for small images (He et al. 2016, arXiv 1512.03385, section 4.2). @module */
import { input, layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { activate, classifier, normalised, scaled } from './layers.js';
import type { Architecture, BuildPlan } from './types.js';

const STAGE_WIDTHS = [16, 32, 64];

/** @param depth 6 n + 2 for n blocks a stage. */
function smallImageResnet(depth: number, parameters: string): Architecture {
  const blocksPerStage = (depth - 2) / 6;
  const name = `resnet-${depth}`;
  return {
    name,
    title: `ResNet-${depth}`,
    description: `Three stages of ${blocksPerStage} residual blocks of 16, 32 and 64 channels, shortcuts without parameters: ${parameters} parameters for CIFAR-10.`,
    inputShape: [32, 32, 3],
    classCount: 10,
    build(plan) {
      const image = input({ shape: [...plan.inputShape], name: 'image' });
      let x = activate(plan, 'stem_relu', normalised('stem', image, scaled(plan, STAGE_WIDTHS[0]!), 3));
      for (const [stage, width] of STAGE_WIDTHS.entries()) {
        for (let block = 0; block < blocksPerStage; block++) {
          x = residualBlock(plan, `stage${stage + 1}_block${block + 1}`, x, scaled(plan, width), stage > 0 && block === 0);
        }
      }
      return classifier(name, plan, image, x);
    },
  };
}

function residualBlock(plan: BuildPlan, name: string, x: SymbolicTensor, width: number, downsample: boolean): SymbolicTensor {
  let y = normalised(`${name}_conv1`, x, width, 3, { strides: downsample ? 2 : 1 });
  y = activate(plan, `${name}_relu1`, y);
  y = normalised(`${name}_conv2`, y, width, 3);
  const sum = layers.add({ name: `${name}_add` }).apply([y, downsample ? shortcut(name, x, width) : x]) as SymbolicTensor;
  return activate(plan, `${name}_relu2`, sum);
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

export const resnet20 = smallImageResnet(20, '0.27 M');
export const resnet32 = smallImageResnet(32, '0.46 M');
