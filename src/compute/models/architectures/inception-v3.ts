/** Inception v3 (Szegedy et al. 2016, arXiv 1512.00567), the network of Kurakin et al. 2016, with its auxiliary classifier. @module */
import { AUXILIARY } from '../keras/read.js';
import { input, model, type Symbolic } from './describe.js';
import { activate, concatenate, dense, flatten, logits, maxPool, meanPool, normalised, scaled } from './layers.js';
import type { Architecture, BuildPlan } from './types.js';

type Kernel = number | [number, number];

/** Adds layers with the plan's width and activation. */
class Builder {
  constructor(private readonly plan: BuildPlan) {}

  conv(name: string, x: Symbolic, filters: number, kernel: Kernel, strides = 1, padding: 'same' | 'valid' = 'same'): Symbolic {
    return activate(this.plan, `${name}_relu`, normalised(name, x, scaled(this.plan, filters), kernel, { strides, padding }));
  }

  maxPool(name: string, x: Symbolic): Symbolic {
    return maxPool(name, 3, 2).apply(x);
  }

  /** A 3×3 mean, and a 1×1 convolution. */
  pooled(name: string, x: Symbolic, filters: number): Symbolic {
    const mean = meanPool(`${name}_pool`, 3, 1, 'same').apply(x);
    return this.conv(`${name}_conv`, mean, filters, 1);
  }

  join(name: string, branches: Symbolic[]): Symbolic {
    return concatenate(name, branches);
  }
}

export const inceptionV3: Architecture = {
  name: 'inception-v3',
  title: 'Inception v3',
  description: 'Eleven inception modules and an auxiliary classifier for training: 23.8 M parameters, 5.7 G multiplications at 299×299.',
  inputShape: [299, 299, 3],
  classCount: 1000,
  dropout: 0.2,
  build(plan) {
    const b = new Builder(plan);
    const image = input(plan.inputShape);
    let x = b.conv('stem1', image, 32, 3, 2, 'valid');
    x = b.conv('stem2', x, 32, 3, 1, 'valid');
    x = b.maxPool('stem_pool1', b.conv('stem3', x, 64, 3));
    x = b.conv('stem4', x, 80, 1, 1, 'valid');
    x = b.maxPool('stem_pool2', b.conv('stem5', x, 192, 3, 1, 'valid'));
    for (const [i, poolFilters] of [32, 64, 64].entries()) x = moduleA(b, `a${i + 1}`, x, poolFilters);
    x = reductionA(b, x);
    for (const [i, width] of [128, 160, 160, 192].entries()) x = moduleB(b, `b${i + 1}`, x, width);
    const auxiliary = auxiliaryClassifier(b, plan, x);
    x = reductionB(b, x);
    for (const name of ['c1', 'c2']) x = moduleC(b, name, x);
    return model('inception-v3', image, [logits(plan, x), auxiliary]);
  },
};

/** 35×35: figure 5 of the paper. */
function moduleA(b: Builder, name: string, x: Symbolic, poolFilters: number): Symbolic {
  const five = b.conv(`${name}_5x5_2`, b.conv(`${name}_5x5_1`, x, 48, 1), 64, 5);
  let three = b.conv(`${name}_3x3_2`, b.conv(`${name}_3x3_1`, x, 64, 1), 96, 3);
  three = b.conv(`${name}_3x3_3`, three, 96, 3);
  return b.join(name, [b.conv(`${name}_1x1`, x, 64, 1), five, three, b.pooled(`${name}_mean`, x, poolFilters)]);
}

function reductionA(b: Builder, x: Symbolic): Symbolic {
  const twice = b.conv('ra_double_2', b.conv('ra_double_1', x, 64, 1), 96, 3);
  return b.join('ra', [b.conv('ra_3x3', x, 384, 3, 2, 'valid'), b.conv('ra_double_3', twice, 96, 3, 2, 'valid'), b.maxPool('ra_pool', x)]);
}

/** 17×17: figure 6, with n = 7. */
function moduleB(b: Builder, name: string, x: Symbolic, width: number): Symbolic {
  let seven = b.conv(`${name}_7x7_2`, b.conv(`${name}_7x7_1`, x, width, 1), width, [1, 7]);
  seven = b.conv(`${name}_7x7_3`, seven, 192, [7, 1]);
  let twice = b.conv(`${name}_double_1`, x, width, 1);
  for (const [i, kernel] of [
    [7, 1],
    [1, 7],
    [7, 1],
  ].entries())
    twice = b.conv(`${name}_double_${i + 2}`, twice, width, kernel as [number, number]);
  twice = b.conv(`${name}_double_5`, twice, 192, [1, 7]);
  return b.join(name, [b.conv(`${name}_1x1`, x, 192, 1), seven, twice, b.pooled(`${name}_mean`, x, 192)]);
}

function reductionB(b: Builder, x: Symbolic): Symbolic {
  const three = b.conv('rb_3x3_2', b.conv('rb_3x3_1', x, 192, 1), 320, 3, 2, 'valid');
  let seven = b.conv('rb_7x7_2', b.conv('rb_7x7_1', x, 192, 1), 192, [1, 7]);
  seven = b.conv('rb_7x7_4', b.conv('rb_7x7_3', seven, 192, [7, 1]), 192, 3, 2, 'valid');
  return b.join('rb', [three, seven, b.maxPool('rb_pool', x)]);
}

/** 8×8: figure 7. */
function moduleC(b: Builder, name: string, x: Symbolic): Symbolic {
  const split = (branch: string, y: Symbolic) => [b.conv(`${branch}_1x3`, y, 384, [1, 3]), b.conv(`${branch}_3x1`, y, 384, [3, 1])];
  const three = split(`${name}_3x3`, b.conv(`${name}_3x3_1`, x, 384, 1));
  const twice = split(`${name}_double`, b.conv(`${name}_double_2`, b.conv(`${name}_double_1`, x, 448, 1), 384, 3));
  return b.join(name, [b.conv(`${name}_1x1`, x, 320, 1), ...three, ...twice, b.pooled(`${name}_mean`, x, 192)]);
}

/** On top of the last 17×17 module; training adds its loss. */
function auxiliaryClassifier(b: Builder, plan: BuildPlan, x: Symbolic): Symbolic {
  const pooled = meanPool('auxiliary_pool', 5, 3).apply(x);
  const narrow = b.conv('auxiliary_1', pooled, 128, 1);
  const whole = b.conv('auxiliary_2', narrow, 768, [narrow.shape[1]!, narrow.shape[2]!], 1, 'valid');
  const flat = flatten('auxiliary_flatten').apply(whole);
  return dense(AUXILIARY, plan.classCount).apply(flat);
}
