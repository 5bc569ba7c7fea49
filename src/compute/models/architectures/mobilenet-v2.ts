/** MobileNetV2 (Sandler et al. 2018, arXiv 1801.04381, table 2). @module */
import { input, type Symbolic } from './describe.js';
import { activate, add, batchNorm, classifier, depthwiseConv, normalised, scaled } from './layers.js';
import type { Architecture, BuildPlan } from './types.js';

const STAGES = [
  { expansion: 1, width: 16, blocks: 1, strides: 1 },
  { expansion: 6, width: 24, blocks: 2, strides: 2 },
  { expansion: 6, width: 32, blocks: 3, strides: 2 },
  { expansion: 6, width: 64, blocks: 4, strides: 2 },
  { expansion: 6, width: 96, blocks: 3, strides: 1 },
  { expansion: 6, width: 160, blocks: 3, strides: 2 },
  { expansion: 6, width: 320, blocks: 1, strides: 1 },
];

export const mobilenetV2: Architecture = {
  name: 'mobilenet-v2',
  title: 'MobileNetV2',
  description: '17 inverted residual blocks of depthwise 3×3 convolutions: 3.5 M parameters, 0.3 G multiplications at 224×224.',
  inputShape: [224, 224, 3],
  classCount: 1000,
  activation: 'relu6',
  build(plan) {
    const image = input(plan.inputShape);
    let x = activate(plan, 'stem_relu', normalised('stem', image, scaled(plan, 32), 3, { strides: 2 }));
    for (const [stage, { expansion, width, blocks, strides }] of STAGES.entries()) {
      for (let block = 0; block < blocks; block++) {
        x = invertedResidual(plan, `stage${stage + 1}_block${block + 1}`, x, expansion, scaled(plan, width), block === 0 ? strides : 1);
      }
    }
    x = activate(plan, 'last_relu', normalised('last', x, Math.max(1280, scaled(plan, 1280)), 1));
    return classifier('mobilenet-v2', plan, image, x);
  },
};

/** Expands, convolves each channel by itself, and projects without an activation. */
function invertedResidual(plan: BuildPlan, name: string, x: Symbolic, expansion: number, width: number, strides: number): Symbolic {
  const inputs = x.shape[3]!;
  let y = x;
  if (expansion > 1) y = activate(plan, `${name}_relu1`, normalised(`${name}_expand`, y, expansion * inputs, 1));
  y = batchNorm(`${name}_depthwise_bn`, depthwiseConv(`${name}_depthwise`, 3, { strides }).apply(y));
  y = normalised(`${name}_project`, activate(plan, `${name}_relu2`, y), width, 1);
  return strides === 1 && inputs === width ? add(`${name}_add`, y, x) : y;
}
