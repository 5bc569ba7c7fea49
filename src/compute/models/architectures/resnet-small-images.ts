/** Residual networks for small images (He et al. 2016, arXiv 1512.03385, section 4.2). @module */
import { input, type Symbolic } from './describe.js';
import { activate, add, classifier, maxPool, normalised, padChannels, scaled } from './layers.js';
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
      const image = input(plan.inputShape);
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

function residualBlock(plan: BuildPlan, name: string, x: Symbolic, width: number, downsample: boolean): Symbolic {
  let y = normalised(`${name}_conv1`, x, width, 3, { strides: downsample ? 2 : 1 });
  y = activate(plan, `${name}_relu1`, y);
  y = normalised(`${name}_conv2`, y, width, 3);
  const sum = add(`${name}_add`, y, downsample ? shortcut(name, x, width) : x);
  return activate(plan, `${name}_relu2`, sum);
}

/** The paper's option A: every other pixel, and zeros for the new channels, half of them on either side. */
function shortcut(name: string, x: Symbolic, width: number): Symbolic {
  const everyOther = maxPool(`${name}_subsample`, 1, 2).apply(x);
  return padChannels(`${name}_pad`, (width - x.shape[3]!) / 2, everyOther);
}

export const resnet20 = smallImageResnet(20, '0.27 M');
export const resnet32 = smallImageResnet(32, '0.46 M');
