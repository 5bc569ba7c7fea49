/** What the entries of operators say to users: in the docs, and of models whose gradient is of no use. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testEngine } from '../test-engine.js';
import type { Engine } from '../../src/compute/engine/types.js';
import { dryRun } from '../../src/compute/models/dry-run.js';
import { noGradientMessage } from '../../src/compute/models/gradient-advice.js';
import { loadOnnxModel } from '../../src/compute/models/onnx/index.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';
import { floats, type NodeSpec, writeOnnx } from './onnx-files.js';

let engine: Engine;
let directory: string;
beforeAll(async () => {
  engine = await testEngine({ microBatch: 2 });
  directory = await mkdtemp(join(tmpdir(), 'gradient-advice-'));
});
afterAll(() => Promise.all([engine.dispose(), rm(directory, { recursive: true })]));

let files = 0;
/** A linear classifier of 2 by 2 pixels, behind nodes that make `hidden` of `image`. */
async function behind(...nodes: readonly NodeSpec[]) {
  const folder = await writeOnnx(join(directory, String(++files)), {
    input: ['n', 1, 2, 2],
    nodes: [
      ...nodes,
      { op: 'Flatten', inputs: ['hidden'], outputs: ['flat'] },
      { op: 'MatMul', inputs: ['flat', 'weights'], outputs: ['scores'] },
    ],
    weights: { weights: floats([4, 2], [1, 2, 3, 4, -5, 6, 7, -8]), level: floats([2], [0.5, 0.25]) },
  });
  return loadOnnxModel({ directory: folder });
}
const node = (op: string, inputs: string, output: string, attributes?: NodeSpec['attributes']): NodeSpec => ({
  op,
  inputs: inputs.split(' '),
  outputs: [output],
  attributes,
});

describe('the message about a network without a useful gradient', () => {
  it('names the operators whose gradient is zero, and the attack that passes them', async () => {
    const model = await behind(node('Floor', 'image', 'below'), node('Ceil', 'below', 'above'), node('Tanh', 'above', 'hidden'));
    const { gradientsHealthy, warnings } = await dryRun(engine, model);
    expect(gradientsHealthy).toBe(false);
    expect(warnings).toEqual([
      expect.stringMatching(/zero everywhere.*is zero: Floor, Ceil\. BPDA attacks straight through Floor, Ceil\.$/),
    ]);
  });

  it('names no attack where BPDA does not pass', async () => {
    const model = await behind(node('IsNaN', 'image', 'none'), node('Cast', 'none', 'hidden', { to: 1 }));
    const { warnings } = await dryRun(engine, model);
    expect(warnings).toContainEqual(expect.stringMatching(/is zero: IsNaN\.$/));
  });

  it('names comparisons, and the attack that passes them', async () => {
    const model = await behind(
      node('Less', 'image level', 'dark'),
      node('Not', 'dark', 'bright'),
      node('Cast', 'bright', 'hidden', { to: 1 }),
    );
    const { gradientsHealthy, warnings } = await dryRun(engine, model);
    expect(gradientsHealthy).toBe(false);
    expect(warnings).toEqual([expect.stringMatching(/zero everywhere.*is zero: Less, Not\. BPDA attacks straight through Less\.$/)]);
  });

  it('is no part of a network that lets pixels through a mask', async () => {
    const masks = {
      Greater: [node('Greater', 'image level', 'mask')],
      Equal: [node('Equal', 'image level', 'same'), node('Not', 'same', 'mask')],
      both: [node('Less', 'image level', 'low'), node('LessOrEqual', 'level image', 'high'), node('Or', 'low high', 'mask')],
      other: [node('GreaterOrEqual', 'image level', 'high'), node('Greater', 'image image', 'none'), node('Xor', 'high none', 'mask')],
    };
    for (const nodes of Object.values(masks)) {
      const model = await behind(...nodes, node('Where', 'mask image level', 'hidden'));
      expect(await dryRun(engine, model)).toMatchObject({ gradientsHealthy: true, warnings: [] });
    }
  });

  it('names the operators without a gradient, and says what to do', () => {
    const inexact = [{ operator: 'Embedding', gradient: 'NONE', isPassable: false }] as const;
    expect(noGradientMessage({ inexact } as unknown as DifferentiableModel, 'reason')).toMatch(
      /reason.*Operators without a gradient: Embedding\. Submit it as a black box, with access SCORE or DECISION\.$/,
    );
  });

  it('does not blame operators that only compute with shapes', async () => {
    const model = await behind(
      node('Shape', 'image', 'sizes'),
      node('Sign', 'sizes', 'signs'),
      node('Mul', 'signs sizes', 'target'),
      node('Reshape', 'image target', 'reshaped'),
      node('Cast', 'reshaped', 'hidden', { to: 1 }),
    );
    expect(model.inexact).toEqual([{ operator: 'Cast', gradient: 'STRAIGHT_THROUGH', isPassable: false }]);
    expect((await dryRun(engine, model)).gradientsHealthy).toBe(true);
  });
});
