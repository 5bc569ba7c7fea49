/** Wide residual networks (Zagoruyko & Komodakis 2016, arXiv 1605.07146) for small images. @module */
import { input, type Symbolic } from './describe.js';
import { activate, add, batchNorm, classifier, conv, scaled } from './layers.js';
import type { Architecture, BuildPlan } from './types.js';

const STAGE_WIDTHS = [16, 32, 64];

/** WRN-d-k. @param depth 6 n + 4 for n blocks a stage. @param widen factor k on the stages' widths. */
function wideResnet(depth: number, widen: number): Architecture {
  const blocksPerStage = (depth - 4) / 6;
  const name = `wrn-${depth}-${widen}`;
  return {
    name,
    title: `WRN-${depth}-${widen}`,
    description: `Three stages of ${blocksPerStage} pre-activation residual blocks, ${STAGE_WIDTHS.map((width) => width * widen).join(', ')} channels wide.`,
    inputShape: [32, 32, 3],
    classCount: 10,
    build(plan) {
      const image = input(plan.inputShape);
      let x = conv('stem', scaled(plan, STAGE_WIDTHS[0]!), 3, { useBias: false }).apply(image);
      for (const [stage, width] of STAGE_WIDTHS.entries()) {
        for (let block = 0; block < blocksPerStage; block++) {
          const strides = stage > 0 && block === 0 ? 2 : 1;
          x = preActivationBlock(plan, `stage${stage + 1}_block${block + 1}`, x, scaled(plan, width * widen), strides);
        }
      }
      x = activate(plan, 'last_relu', batchNorm('last_bn', x));
      return classifier(name, plan, image, x);
    },
  };
}

function preActivationBlock(plan: BuildPlan, name: string, x: Symbolic, width: number, strides: number): Symbolic {
  const active = activate(plan, `${name}_relu1`, batchNorm(`${name}_bn1`, x));
  let y = conv(`${name}_conv1`, width, 3, { strides, useBias: false }).apply(active);
  y = activate(plan, `${name}_relu2`, batchNorm(`${name}_bn2`, y));
  y = conv(`${name}_conv2`, width, 3, { useBias: false }).apply(y);
  const same = strides === 1 && x.shape[3] === width;
  const shortcut = same ? x : conv(`${name}_shortcut`, width, 1, { strides, useBias: false }).apply(active);
  return add(`${name}_add`, y, shortcut);
}

export const wrn16x4 = wideResnet(16, 4);
export const wrn28x10 = wideResnet(28, 10);

/** Any WRN-d-k by its name, such as `wrn-40-2`; undefined where the depth is not 6 n + 4. */
export function wideResnetOf(name: string): Architecture | undefined {
  const match = /^wrn-(\d{1,4})-(\d{1,3})$/.exec(name);
  const [depth, widen] = [Number(match?.[1]), Number(match?.[2])];
  return depth >= 10 && (depth - 4) % 6 === 0 && widen >= 1 ? wideResnet(depth, widen) : undefined;
}
