/** ResNet-18 (He et al. 2016, arXiv 1512.03385, table 1). @module */
import { input, type Symbolic } from './describe.js';
import { activate, add, classifier, maxPool, normalised, scaled } from './layers.js';
import type { Architecture, BuildPlan } from './types.js';

const STAGE_WIDTHS = [64, 128, 256, 512];
const BLOCKS_PER_STAGE = 2;

/** Smaller images keep their size in the stem, as is usual for CIFAR-10. */
const LARGE_IMAGE = 64;

export const resnet18: Architecture = {
  name: 'resnet-18',
  title: 'ResNet-18',
  description:
    'Four stages of two residual blocks: 11.7 M parameters, 1.8 G multiplications at 224×224. Images of less than 64 pixels get a 3×3 stem without pooling.',
  inputShape: [224, 224, 3],
  classCount: 1000,
  build(plan) {
    const image = input(plan.inputShape);
    let x = plan.inputShape[0] < LARGE_IMAGE ? smallStem(plan, image) : stem(plan, image);
    for (const [stage, width] of STAGE_WIDTHS.entries()) {
      for (let block = 0; block < BLOCKS_PER_STAGE; block++) {
        x = basicBlock(plan, `stage${stage + 1}_block${block + 1}`, x, scaled(plan, width), stage > 0 && block === 0 ? 2 : 1);
      }
    }
    return classifier('resnet-18', plan, image, x);
  },
};

function smallStem(plan: BuildPlan, image: Symbolic): Symbolic {
  return activate(plan, 'stem_relu', normalised('stem', image, scaled(plan, 64), 3));
}

function stem(plan: BuildPlan, image: Symbolic): Symbolic {
  const x = activate(plan, 'stem_relu', normalised('stem', image, scaled(plan, 64), 7, { strides: 2 }));
  return maxPool('stem_pool', 3, 2, 'same').apply(x);
}

function basicBlock(plan: BuildPlan, name: string, x: Symbolic, width: number, strides: number): Symbolic {
  const inner = activate(plan, `${name}_relu1`, normalised(`${name}_conv1`, x, width, 3, { strides }));
  const y = normalised(`${name}_conv2`, inner, width, 3);
  const shortcut = strides === 1 && x.shape[3] === width ? x : normalised(`${name}_shortcut`, x, width, 1, { strides });
  return activate(plan, `${name}_relu2`, add(`${name}_add`, y, shortcut));
}
