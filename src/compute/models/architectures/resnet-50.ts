/** ResNet-50 for ImageNet (He et al. 2016, arXiv 1512.03385, table 1). @module */
import { input, type Symbolic } from './describe.js';
import { activate, add, classifier, maxPool, normalised, scaled } from './layers.js';
import type { Architecture, BuildPlan } from './types.js';

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
  build(plan) {
    const image = input(plan.inputShape);
    let x = activate(plan, 'stem_relu', normalised('stem', image, scaled(plan, 64), 7, { strides: 2 }));
    x = maxPool('stem_pool', 3, 2, 'same').apply(x);
    for (const [stage, { width, blocks }] of STAGES.entries()) {
      for (let block = 0; block < blocks; block++) {
        x = bottleneck(plan, `stage${stage + 1}_block${block + 1}`, x, scaled(plan, width), stage > 0 && block === 0 ? 2 : 1);
      }
    }
    return classifier('resnet-50', plan, image, x);
  },
};

function bottleneck(plan: BuildPlan, name: string, x: Symbolic, width: number, strides: number): Symbolic {
  const wide = width * EXPANSION;
  let y = activate(plan, `${name}_relu1`, normalised(`${name}_conv1`, x, width, 1));
  y = activate(plan, `${name}_relu2`, normalised(`${name}_conv2`, y, width, 3, { strides }));
  y = normalised(`${name}_conv3`, y, wide, 1);
  const shortcut = strides === 1 && x.shape[3] === wide ? x : normalised(`${name}_shortcut`, x, wide, 1, { strides });
  return activate(plan, `${name}_relu3`, add(`${name}_add`, y, shortcut));
}
