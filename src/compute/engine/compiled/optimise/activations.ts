/** Rules for gradients of activations: masks from the activation's output, and where they commute with what follows. @module */
import { madeBy, madeOnlyFor, bothOrders, isPerChannel } from './match.js';
import type { Node, Value } from '../graph.js';
import type { Rule, RuleTable } from './rewrite.js';

function consumerOf(value: Value, kernel: string): Node | undefined {
  return [...value.consumers].find((node) => node.kernel === kernel);
}

/** step(z) = step(relu(z)): z itself is then needed by nothing but its ReLU, which can be computed with what makes z. */
const stepOfRelu: Rule = (node, graph) => {
  const z = node.inputs.x!;
  const relu = consumerOf(z, 'Relu');
  return relu && !node.attrs.alpha ? graph.op('Step', { x: relu.outputs[0]! }, node.attrs) : undefined;
};

/** [z ≤ 6] · step(z), the gradient of ReLU6 as tfjs has it, from y = relu6(z) alone. At z = 6 exactly tfjs has 1 and this 0: both are subgradients. */
const windowOfRelu6: Rule = (node, graph) => {
  for (const [mask, step] of bothOrders(node)) {
    const z = madeBy(step, 'Step')?.inputs.x;
    const compared = madeBy(madeBy(mask, 'Cast')?.inputs.x, 'LessEqual');
    if (!z || compared?.inputs.a !== z || compared.inputs.b!.uniform !== 6) continue;
    const relu6 = consumerOf(z, 'Relu6');
    if (relu6) return graph.op('Window', { x: relu6.outputs[0]! }, { limit: 6 });
  }
  return undefined;
};

/**
 * dy · [relu(z) < limit] · step(z), the gradient of relu(z) clipped at a limit, in the forms that tfjs-layers' activation and layer have it, from
 * the clipped value alone. At the limit itself they differ, and this is 0: both are subgradients.
 */
const windowOfClip: Rule = (node, graph) => {
  for (const [masked, step] of bothOrders(node)) {
    const relu = madeBy(madeBy(step, 'Step')?.inputs.x, 'Relu');
    const below = relu && maskedBelow(masked, relu.outputs[0]!);
    if (!below) continue;
    const y = graph.op('ClipByValue', { x: relu.inputs.x! }, { clipValueMin: 0, clipValueMax: below.limit });
    return graph.op('Multiply', { a: below.dy, b: graph.op('Window', { x: y }, { limit: below.limit }) });
  }
  return undefined;
};

/** What of `masked` is passed on where `relu` is below a limit, and that limit. */
function maskedBelow(masked: Value, relu: Value): { readonly dy: Value; readonly limit: number } | undefined {
  const select = madeBy(masked, 'Select');
  const both = madeBy(select?.inputs.condition, 'LogicalAnd');
  const [least, most] = [madeBy(both?.inputs.a, 'GreaterEqual'), madeBy(both?.inputs.b, 'LessEqual')];
  if (least?.inputs.a === relu && most?.inputs.a === relu && select!.inputs.e!.uniform === 0 && isBelow(least.inputs.b!, 0)) {
    const limit = most.inputs.b!.uniform;
    return limit === null ? undefined : { dy: select!.inputs.t!, limit };
  }
  const product = madeBy(masked, 'Multiply');
  for (const [dy, mask] of product ? bothOrders(product) : []) {
    const greater = madeBy(madeBy(mask, 'Cast')?.inputs.x, 'Greater');
    const limit = greater?.inputs.b === relu ? greater.inputs.a!.uniform : null;
    if (limit !== null) return { dy, limit };
  }
  return undefined;
}

function isBelow(constant: Value, most: number): boolean {
  return constant.uniform !== null && constant.uniform <= most;
}

/** relu(z) clipped from above is z clipped, which is computed with what makes z. */
const clipOfRelu: Rule = (node, graph) => {
  const relu = madeBy(node.inputs.x, 'Relu');
  const { clipValueMin, clipValueMax } = node.attrs as { clipValueMin: number; clipValueMax: number };
  if (!relu || clipValueMin > 0 || clipValueMax < 0) return undefined;
  return graph.op('ClipByValue', { x: relu.inputs.x! }, { clipValueMin: 0, clipValueMax });
};

/** The gradient of a maximum is zero but at the maximum, where x > 0 exactly if the maximum is: so the mask goes on the small side of the pooling. */
const maskBeforePooling: Rule = (node, graph) => {
  for (const [gradient, mask] of bothOrders(node)) {
    const pool = madeOnlyFor(gradient, 'MaxPoolGrad', graph);
    const step = madeBy(mask, 'Step');
    if (!pool || !step || step.inputs.x !== pool.inputs.input || step.attrs.alpha) continue;
    const small = graph.op('Multiply', { a: pool.inputs.dy!, b: graph.op('Step', { x: pool.inputs.output! }, step.attrs) });
    return graph.op('MaxPoolGrad', { ...pool.inputs, dy: small }, pool.attrs);
  }
  return undefined;
};

/** (g · mask) · c as (g · c) · mask where g is a convolution's gradient, which takes a factor a channel into its filter. */
const factorBeforeMask: Rule = (node, graph) => {
  for (const [product, factor] of bothOrders(node)) {
    const masked =
      factor.isConstant && (factor.size === 1 || isPerChannel(factor, product)) ? madeOnlyFor(product, 'Multiply', graph) : undefined;
    if (!masked) continue;
    for (const [gradient, mask] of bothOrders(masked)) {
      if (mask.isConstant || !madeOnlyFor(gradient, 'ConvInputGradient', graph)) continue;
      return graph.op('Multiply', { a: graph.op('Multiply', { a: gradient, b: factor }), b: mask });
    }
  }
  return undefined;
};

export const activations: RuleTable = {
  ClipByValue: [clipOfRelu],
  Multiply: [windowOfRelu6, windowOfClip, maskBeforePooling, factorBeforeMask],
  Step: [stepOfRelu],
};
