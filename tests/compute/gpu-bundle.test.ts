/** What a GPU bundle makes of its numbers. The bundle itself is run by hand: docs/reference/engines.md. */
import { expect, it } from 'vitest';
import { compared } from '../../bench/bundle/comparison.js';
import type { EngineReport } from '../../bench/bundle/engine.js';

const parity = (withinTolerance: boolean) => [
  { network: 'a', scores: 0, inputGradient: 0, trainingStep: 0, withinTolerance: true },
  { network: 'b', scores: 0, inputGradient: 0, trainingStep: 0, withinTolerance },
];

const report = (part: Partial<EngineReport> = {}) =>
  ({
    parity: parity(true),
    autoAttack: { images: 100, robust: 80, seconds: 100 },
    training: { losses: [2, 1], iterative: 0.5, imagesPerSecond: 100 },
    speed: [{ model: 'm1', iterative: 50 }],
    ...part,
  }) as EngineReport;

const gpu = (part: Partial<EngineReport>) =>
  compared([
    { name: 'compiled:webgpu', report: report(part) },
    { name: 'compiled:cuda', report: { error: 'no library' } },
    { name: 'compiled:cpu', report: report() },
  ]);

it('a GPU agrees with the CPU where parity holds and AutoAttack leaves as many images right', () => {
  const faster = {
    autoAttack: { images: 100, robust: 79, seconds: 4 },
    training: { losses: [2, 1.25], iterative: 0.25, imagesPerSecond: 800 },
    speed: [{ model: 'm1', iterative: 500 }],
  } as unknown as Partial<EngineReport>;
  const [webgpu, cpu, ...more] = gpu(faster);
  expect(more).toEqual([]);
  expect(webgpu).toEqual({
    ...{
      engine: 'compiled:webgpu',
      parity: '2 of 2',
      robust: '79 of 100',
      robustDifference: -1,
      autoAttackSpeed: 25,
      lossDifference: 0.25,
    },
    ...{ pgdDifference: -0.25, trainingSpeed: 8, attackSpeed: 'm1 10', agrees: true },
  });
  expect(cpu).toMatchObject({ robustDifference: 0, autoAttackSpeed: 1, agrees: true });
});

it('a GPU does not agree where a network is off, more images are fooled or kept, or a part has failed', () => {
  const agrees = (part: Partial<EngineReport>) => gpu(part)[0]!.agrees;
  expect(agrees({})).toBe(true);
  expect(agrees({ parity: parity(false) })).toBe(false);
  for (const robust of [77, 83])
    expect(agrees({ autoAttack: { images: 100, robust, seconds: 1 } as EngineReport['autoAttack'] })).toBe(false);
  for (const part of ['parity', 'autoAttack', 'training', 'speed'] as const) expect(agrees({ [part]: { error: 'lost' } })).toBe(false);
});
