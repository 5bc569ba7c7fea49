import { afterAll, describe, expect, it } from 'vitest';
import { validateParameters } from '../../../src/compute/parameters/validate.js';
import { findAttack } from '../../../src/compute/attacks/registry.js';
import type { ParameterValues } from '../../../src/compute/parameters/descriptions.js';
import { CleanShards } from '../../../src/compute/evaluation/clean.js';
import { imported, imageSource } from '../../../src/compute/evaluation/image-sources.js';
import { openDataset } from '../../../src/compute/data/registry.js';
import { testEngine } from '../../test-engine.js';
import { evaluateShard } from '../../../src/compute/evaluation/attack.js';
import { holm } from '../../../src/compute/statistics/holm.js';
import { levelsOf } from '../../../src/compute/distances/budget.js';
import { loadLayersModel } from '../../../src/compute/models/keras/index.js';
import type { DifferentiableModel } from '../../../src/compute/models/types.js';
import { compareEvaluations } from '../../../src/results/findings/comparisons.js';
import { areGradientsMasked, type EvaluatedAttack } from '../../../src/results/findings/masked.js';
import { findings } from '../../../src/results/findings/registry.js';
import type { ComparedEvaluation, EvaluationFacts, Finding } from '../../../src/results/findings/types.js';
import { staysRight } from '../../../src/results/outcomes.js';
import { summarise } from '../../../src/results/summary.js';
import { distilled, saturating, softmaxed, stepped, undefinedSlopes } from '../../compute/lossy-models.js';
import { outcomesOf } from '../support/outcomes.js';
import { everyNth, itWhole } from '../../sizes.js';

const MNIST = [28, 28, 1];

/** The smallest budget that a stored image can use. */
const LEVEL = 1 / 255;

const HEALTHY = {
  examples: 1000,
  saturated: 300,
  probabilities: 0,
  sampled: 125,
  changed: 0,
  differentiated: 125,
  zeroGradients: 0,
  vanishingGradients: 0,
  nonFiniteGradients: 0,
};

const KNOWN = {
  predictions: 1,
  classCount: 10,
  softmaxRemoved: false,
  sigmoidRemoved: false,
  trainedOn: 0,
  isQuantized: false,
  isImportUnverified: false,
  expectedCleanAccuracy: null,
  cleanCheck: null,
  spec: { inputShape: [28, 28, 1], classCount: 10, valueRange: [0, 1], channelOrder: 'RGB' },
} as const;

type Example = readonly [label: number, clean: number, adversarial: number];
const repeat = (count: number, example: Example) => Array.from({ length: count }, () => example);

/** What is found in an evaluation that is like this, and otherwise healthy. */
function found(
  examples: readonly Example[],
  kind = 'FGSM',
  given: ParameterValues = { epsilon: LEVEL },
  facts: Partial<EvaluationFacts> = {},
) {
  const attack = findAttack(kind);
  const outcomes = facts.outcomes ?? outcomesOf(examples);
  const parameters = validateParameters(attack, given);
  return findings({
    attack,
    parameters,
    budget: attack.budget(parameters, MNIST),
    outcomes,
    summary: summarise(outcomes),
    budgetViolations: 0,
    imageSize: 784,
    output: 'LOGITS',
    ...KNOWN,
    diagnostics: HEALTHY,
    ...facts,
  });
}

const codes = (...like: Parameters<typeof found>) => found(...like).map(({ code }) => code);

const PLAIN = [...repeat(700, [1, 1, 0]), ...repeat(300, [1, 1, 1])];
const LEAKING = [...repeat(500, [1, 1, 1]), ...repeat(30, [1, 0, 1]), ...repeat(5, [1, 1, 0])];

/** An iterative attack, under which 600 of 1,000 examples stay right. */
const judged = (given: Partial<EvaluatedAttack>): EvaluatedAttack => ({
  attackKind: 'PGD',
  norm: 'LINF',
  epsilon: 0.1,
  sampleCount: 1000,
  adversarialTop1: 600,
  gradients: 40_000n,
  findings: [],
  ...given,
});

describe('checks of one evaluation', () => {
  it('report nothing for an ordinary result', () => {
    expect(codes(PLAIN)).toEqual([]);
  });

  it('report a broken budget and too few examples', () => {
    expect(codes(PLAIN, 'FGSM', { epsilon: LEVEL }, { budgetViolations: 2 })).toEqual(['BUDGET_VIOLATED']);
    expect(codes([...repeat(3, [1, 1, 1]), ...repeat(2, [1, 1, 0])])).toEqual(['TOO_FEW_EXAMPLES']);
  });

  it('report clean accuracy near chance, and far below what was expected', () => {
    const right = (count: number): Example[] => [...repeat(count, [1, 1, 1]), ...repeat(1000 - count, [1, 0, 0])];
    expect(codes(right(70))).toEqual(['CLEAN_ACCURACY_NEAR_CHANCE']);
    expect(codes(right(279))).toEqual(['CLEAN_ACCURACY_NEAR_CHANCE']);
    expect(codes(right(280))).toEqual([]);
    // Guessing between two classes is right half of the time.
    expect(codes(right(590), 'FGSM', { epsilon: LEVEL }, { classCount: 2 })).toEqual(['CLEAN_ACCURACY_NEAR_CHANCE']);
    const expected = (share: number) => codes(right(900), 'FGSM', { epsilon: LEVEL }, { expectedCleanAccuracy: share });
    expect(expected(0.95)).toEqual(['CLEAN_ACCURACY_BELOW_EXPECTED']);
    expect(expected(0.93)).toEqual([]);
    expect(expected(0.85)).toEqual([]);
  });

  it('says what the validation found where the model was hardly right on clean images', () => {
    const poor = { dataset: 'digits', n: 300, right: 58, isPoor: true, tried: [], best: null, order: null };
    const better = { ...poor, tried: [{ valueRange: [0, 255], channelOrder: 'RGB', right: 245 }], best: 0 } as const;
    const low = (cleanCheck: EvaluationFacts['cleanCheck']) =>
      found(repeat(900, [1, 1, 1]), 'FGSM', { epsilon: LEVEL }, { cleanCheck }).find(({ code }) => code === 'CLEAN_ACCURACY_LOW');
    expect(low(null)).toBeUndefined();
    expect(low({ ...poor, isPoor: false })).toBeUndefined();
    expect(low(poor)).toMatchObject({ severity: 'WARNING', message: expect.stringMatching(/none of 0 usual preparations/) as unknown });
    expect(low(better)).toMatchObject({
      severity: 'ERROR',
      message: expect.stringMatching(/19.* % of 300 images of digits, and on 8\d.* % with valueRange \[0, 255\]/) as unknown,
    });
  });

  it('report a softmax that was removed, a network that is quantised where the attack uses its gradient, and an import that could not be compared with its file', () => {
    const [removed] = found(PLAIN, 'FGSM', { epsilon: LEVEL }, { softmaxRemoved: true });
    expect(removed).toMatchObject({
      code: 'SOFTMAX_REMOVED',
      severity: 'INFO',
      message: expect.stringMatching(/ends in a softmax/) as unknown,
    });
    const [sigmoid] = found(PLAIN, 'FGSM', { epsilon: LEVEL }, { softmaxRemoved: true, sigmoidRemoved: true });
    expect(sigmoid).toMatchObject({
      code: 'SOFTMAX_REMOVED',
      message: expect.stringMatching(/ends in a sigmoid of each score/) as unknown,
    });
    const [rounded] = found(PLAIN, 'FGSM', { epsilon: LEVEL }, { isQuantized: true });
    expect(rounded).toMatchObject({ code: 'QUANTIZED_NETWORK', severity: 'INFO' });
    expect(codes(PLAIN, 'SQUARE_LINF', { epsilon: LEVEL }, { isQuantized: true })).toEqual([]);
    const [unverified] = found(PLAIN, 'FGSM', { epsilon: LEVEL }, { isImportUnverified: true });
    expect(unverified).toMatchObject({ code: 'FORWARD_NOT_COMPARED', severity: 'WARNING' });
  });

  it('report examples that the model was trained on', () => {
    expect(found(PLAIN, 'FGSM', { epsilon: LEVEL }, { trainedOn: 250 })).toMatchObject([
      { code: 'TRAINED_ON_THESE_EXAMPLES', severity: 'ERROR', message: expect.stringMatching(/25\.0 % of these/) as unknown },
    ]);
  });

  it('report an ε of which stored images of 8 bits cannot use 98 %', () => {
    const roundedAt = (epsilon: number, kind = 'FGSM') => codes(PLAIN, kind, { epsilon }).includes('ROUNDED_BUDGET');
    expect([0.03, 0.031, 0.5 / 255].map((epsilon) => roundedAt(epsilon))).toEqual([true, true, true]);
    expect([0, 8 / 255, 0.0314, 0.00784, 0.3].map((epsilon) => roundedAt(epsilon))).toEqual([false, false, false, false, false]);
    expect([0.9 / 255, 0.1].map((epsilon) => roundedAt(epsilon, 'PGD_L2'))).toEqual([true, false]);
    expect(codes(PLAIN, 'DDN', {})).not.toContain('ROUNDED_BUDGET');
  });

  it('report what rounding undoes of the successes on floats', () => {
    const undone = (count: number, judging?: 'FLOAT') => {
      const outcomes = outcomesOf(PLAIN);
      const floats = outcomes.adversarialPrediction.map((label, i) => (i >= 700 && i < 700 + count ? 0 : label));
      const [judged, other] = judging ? [floats, outcomes.adversarialPrediction] : [outcomes.adversarialPrediction, floats];
      const both = { ...outcomes, adversarialPrediction: Int32Array.from(judged), otherPrediction: Float32Array.from(other) };
      const budget = { norm: 'LINF', epsilon: LEVEL, judging } as const;
      return codes(PLAIN, 'FGSM', { epsilon: LEVEL }, { outcomes: both, summary: summarise(both, judging), budget });
    };
    expect(undone(300)).toEqual(['UNDONE_BY_ROUNDING']);
    expect(undone(300, 'FLOAT')).toEqual(['UNDONE_BY_ROUNDING']);
    expect(undone(10)).toEqual([]);
    expect(undone(0)).toEqual([]);
  });

  it('report label leaking of attacks that use the true label, and of no others', () => {
    expect(codes(LEAKING)).toEqual(['LABEL_LEAKING']);
    expect(codes(LEAKING, 'FGSM', { epsilon: LEVEL, label: 'PREDICTED' })).toEqual([]);
    expect(codes(LEAKING, 'STEP_LL')).toEqual([]);
    expect(codes(LEAKING, 'FAST_ENTROPY')).toEqual([]);
  });

  it.each([
    ['RAND_FGSM', {}],
    ['FAST_GRADIENT_LINF', {}],
    ['FAST_GRADIENT_L2', {}],
    ['PGD', { steps: 1 }],
    ['BPDA', { attacks: [{ kind: 'FGSM', parameters: { epsilon: LEVEL, label: 'TRUE' } }] }],
  ])('report label leaking under %s', (kind, given) => {
    const epsilon = kind === 'BPDA' ? {} : { epsilon: LEVEL };
    expect(codes(LEAKING, kind, { ...epsilon, ...given })).toEqual(['LABEL_LEAKING']);
    const iterated = { outcomes: { ...outcomesOf(LEAKING), gradients: new Int32Array(LEAKING.length).fill(10) } };
    expect(codes(LEAKING, kind, { ...epsilon, ...given }, iterated)).toEqual([]);
  });

  it('treat a list of attacks as using the labels that its attacks use', () => {
    const listed = (kind: string, parameters: ParameterValues) => ({ attacks: [{ kind, parameters: { epsilon: LEVEL, ...parameters } }] });
    expect(codes(LEAKING, 'WORST_OF', listed('FGSM', { label: 'PREDICTED' }))).toEqual([]);
    expect(codes(LEAKING, 'BPDA', listed('STEP_LL', {}))).toEqual([]);
    expect(codes(LEAKING, 'WORST_OF', listed('RAND_FGSM', {}))).toEqual(['LABEL_LEAKING']);
  });

  it('report the problems in the diagnostics', () => {
    const seen = (change: Partial<typeof HEALTHY>) => codes(PLAIN, 'FGSM', { epsilon: LEVEL }, { diagnostics: { ...HEALTHY, ...change } });
    expect(seen({ zeroGradients: 4, vanishingGradients: 3 })).toEqual(['VANISHING_GRADIENTS']);
    expect(seen({ zeroGradients: 3, vanishingGradients: 3 })).toEqual([]);
    expect(seen({ nonFiniteGradients: 1 })).toEqual(['NON_FINITE_GRADIENTS']);
    expect(seen({ changed: 1 })).toEqual(['RANDOM_OUTPUT']);
    expect(seen({ saturated: 900 })).toEqual(['SATURATED_SOFTMAX']);
    expect(seen({ probabilities: 1000 })).toEqual(['OUTPUT_PROBABILITIES']);
    expect(codes(PLAIN, 'FGSM', { epsilon: LEVEL }, { output: 'PROBABILITIES' })).toEqual(['OUTPUT_PROBABILITIES']);
  });

  it('report a stage without gradients that lowers the accuracy after those with them, as the check of AutoAttack does', () => {
    const after = (...robust: number[]) => ({
      stages: ['APGD_CE_LINF', 'APGD_T_LINF', 'FAB_T_LINF', 'SQUARE_LINF'].map((kind, at) => ({ kind, robust: robust[at]!, seconds: 1 })),
    });
    const seen = (facts: Partial<EvaluationFacts>) => codes(PLAIN, 'AUTO_ATTACK_LINF', { epsilon: LEVEL }, facts);
    expect(seen(after(600, 500, 500, 497))).toEqual(['BLACK_BOX_STAGE_IMPROVES']);
    // Two thousandths of all examples may be chance.
    expect(seen(after(600, 500, 500, 498))).toEqual([]);
    expect(seen(after(600, 400, 300, 300))).toEqual([]);
    const [finding] = found(PLAIN, 'AUTO_ATTACK_LINF', { epsilon: LEVEL }, after(600, 500, 500, 400));
    expect(finding).toMatchObject({ severity: 'WARNING', evidence: { fooled: 100, before: 500, after: 400, n: 1000 } });
    expect(areGradientsMasked([judged({ findings: [finding!] })])).toBe(true);
    // Before any gradient, it shows nothing.
    const first = [...after(600, 500, 400, 300).stages].reverse().map((stage, at) => ({ ...stage, robust: 600 - 100 * at }));
    expect(seen({ stages: first })).toEqual([]);
  });

  it('speak of a weak attack, not of the model, where an iterative attack that is as strong is without them', () => {
    const weak = judged({ findings: [{ code: 'SINGLE_STEP_BEATS_ITERATIVE', severity: 'WARNING' }] });
    const masked = (...others: Partial<EvaluatedAttack>[]) => areGradientsMasked([weak, ...others.map(judged)]);
    expect(masked()).toBe(true);
    expect(masked({ adversarialTop1: 400 })).toBe(false);
    expect(masked({ adversarialTop1: 601 })).toBe(true);
    expect(masked({ gradients: 1000n })).toBe(true);
    expect(masked({ attackKind: 'SQUARE_LINF', adversarialTop1: 0 })).toBe(true);
    expect(masked({ epsilon: 0.2, adversarialTop1: 0 })).toBe(true);
    expect(masked({ epsilon: null, adversarialTop1: 0 })).toBe(true);
    expect(masked({ findings: weak.findings, adversarialTop1: 0 })).toBe(true);
  });

  it('report an unbounded iterative attack under which examples stay correctly classified', () => {
    const iterated = { outcomes: { ...outcomesOf(PLAIN), linf: new Float32Array(1000).fill(1), gradients: new Int32Array(1000).fill(40) } };
    expect(codes(PLAIN, 'PGD', { epsilon: 1 }, iterated)).toEqual(['UNBOUNDED_ATTACK_FAILS']);
    expect(codes(PLAIN, 'DDN', {}, iterated)).toEqual(['UNBOUNDED_ATTACK_FAILS']);
    expect(codes(PLAIN, 'PGD', { epsilon: 0.9 }, iterated)).toEqual([]);
    expect(codes(PLAIN, 'PGD', { epsilon: 1, target: 'RANDOM' }, iterated)).toEqual([]);
  });

  it('do not advise to look for lost gradients where a strong network with sound gradients resists a minimum-norm attack', () => {
    const iterated = { outcomes: { ...outcomesOf(PLAIN), gradients: new Int32Array(1000).fill(40) } };
    const unbounded = (kind: string, given: ParameterValues, diagnostics = HEALTHY) =>
      found(PLAIN, kind, given, { ...iterated, diagnostics }).find(({ code }) => code === 'UNBOUNDED_ATTACK_FAILS')!;
    const sound = unbounded('DDN', {});
    expect(sound).toMatchObject({ severity: 'INFO', message: expect.stringMatching(/in order.*more steps/) as unknown });
    expect(areGradientsMasked([judged({ findings: [sound] })])).toBe(false);
    const lost = unbounded('DDN', {}, { ...HEALTHY, zeroGradients: 20 });
    expect(lost).toMatchObject({ severity: 'WARNING', message: expect.stringMatching(/vanishing gradients/) as unknown });
    expect(areGradientsMasked([judged({ findings: [lost] })])).toBe(true);
    expect(unbounded('PGD', { epsilon: 1 })).toMatchObject({ severity: 'WARNING' });
  });

  it('recommend, for gradients that vanish, what passes through or needs none', () => {
    const [vanishing] = found(PLAIN, 'FGSM', { epsilon: LEVEL }, { diagnostics: { ...HEALTHY, zeroGradients: 125 } });
    expect(vanishing!.message).toMatch(/BPDA.*Square/);
    expect(vanishing!.message).not.toMatch(/DLR/);
  });

  it('report failures far below the budget, but not of minimum-norm attacks', () => {
    const unmoved = { outcomes: { ...outcomesOf(PLAIN), linf: new Float32Array(1000).fill(0.01), l2: new Float32Array(1000) } };
    expect(codes(PLAIN, 'PGD', { epsilon: 0.1 }, unmoved)).toEqual(['BELOW_BUDGET']);
    expect(codes(PLAIN, 'PGD', { epsilon: 4 / 255 }, unmoved)).toEqual([]);
    expect(codes(PLAIN, 'DDN', { epsilon: 1 }, unmoved)).toEqual([]);
    const listed = (kind: string, epsilon: number) => ({ attacks: [{ kind, parameters: { epsilon } }] });
    expect(codes(PLAIN, 'EOT', listed('PGD', 0.1), unmoved)).toEqual(['BELOW_BUDGET']);
    expect(codes(PLAIN, 'WORST_OF', listed('PGD', 4 / 255), unmoved)).toEqual([]);
    expect(codes(PLAIN, 'WORST_OF', listed('DDN', 1), unmoved)).toEqual([]);
  });
});

describe("Holm's correction", () => {
  it('compares the smallest p-value with α / m, the next with α / (m - 1), and stops at the first that fails', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005], 0.05)).toEqual([true, false, false, true]);
    expect(holm([0.02, 0.02], 0.05)).toEqual([true, true]);
    expect(holm([0.03, 0.001], 0.05)).toEqual([true, true]);
    expect(holm([], 0.05)).toEqual([]);
  });
});

describe('comparisons', () => {
  /** @param wrong positions of the examples that the attack fools, of 100. @param distance of every image. Default: its budget. */
  function compared(
    id: string,
    kind: string,
    given: ParameterValues,
    wrong: readonly number[],
    gradients = 0,
    distance?: number,
  ): ComparedEvaluation {
    const parameters = validateParameters(kind === imported.kind ? imported : findAttack(kind), given);
    const attack = imageSource(kind, parameters);
    const budget = attack.budget(parameters, MNIST);
    const right = Uint8Array.from({ length: 100 }, (_, i) => (wrong.includes(i) ? 0 : 1));
    const all = new Float32Array(100).fill(distance ?? levelsOf(budget.epsilon) / 255);
    const distances = { linf: all, l2: all, l1: all, l0: all, l0Pixels: all, attackDistance: all };
    return { id, attack, parameters, budget, distances, imageSize: 784, right, gradients };
  }
  const first = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);
  const found = (...evaluations: ComparedEvaluation[]) =>
    Object.fromEntries(
      [...compareEvaluations(evaluations)].map(([id, list]) => [id, list.map(({ code, comparedWith }) => `${code} ${comparedWith}`)]),
    );

  it('report images from another model that beat an iterative attack', () => {
    const pgd = compared('pgd', 'PGD', { epsilon: 0.1, steps: 10 }, first(20), 10);
    const codes = (epsilon: number, wrong: number) => {
      const transferred = compared('transferred', 'FGSM', { epsilon }, first(wrong), 1);
      return [...compareEvaluations([pgd], [transferred])].map(([id, list]) => [id, list.map(({ code }) => code)]);
    };
    expect(codes(0.1, 40)).toEqual([['pgd', ['TRANSFER_BEATS_WHITE_BOX']]]);
    expect(codes(0.1, 24)).toEqual([['pgd', []]]);
    expect(codes(0.2, 40)).toEqual([['pgd', []]]);
  });

  it('report a single step that beats an iterative attack of the same norm and of no smaller budget', () => {
    const step = compared('step', 'FGSM', { epsilon: 0.1 }, first(40), 1);
    const pgd = (id: string, epsilon: number, wrong: number) => compared(id, 'PGD', { epsilon, steps: 10 }, first(wrong), 10);
    expect(found(step, pgd('pgd', 0.1, 20))).toEqual({ step: [], pgd: ['SINGLE_STEP_BEATS_ITERATIVE step'] });
    expect(found(step, pgd('pgd', 0.1, 38))).toEqual({ step: [], pgd: [] });
    expect(found(step, pgd('pgd', 0.05, 20))).toEqual({ step: [], pgd: [] });
    expect(found(step, compared('l2', 'PGD_L2', { epsilon: 2 }, first(5), 40))).toEqual({ step: [], l2: [] });
    expect(found(step, compared('targeted', 'ITER_LL', { epsilon: 0.1 }, first(5), 10))).toEqual({ step: [], targeted: [] });
  });

  it.each([
    ['APGD_T_LINF', {}],
    ['FAB_T_LINF', {}],
    ['BPDA', { attacks: [{ kind: 'APGD_T_LINF', parameters: { epsilon: 0.1 } }] }],
  ])('count %s, which tries one class after the other, as untargeted', (kind, given) => {
    const epsilon = kind === 'BPDA' ? {} : { epsilon: 0.1 };
    const subject = compared('subject', kind, { ...epsilon, ...given }, first(5), 100);
    const others = {
      SINGLE_STEP_BEATS_ITERATIVE: compared('other', 'FGSM', { epsilon: 0.1 }, first(40), 1),
      BLACK_BOX_BEATS_WHITE_BOX: compared('other', 'SQUARE_LINF', { epsilon: 0.1 }, first(40)),
      NOISE_BEATS_GRADIENT: compared('other', 'UNIFORM_NOISE', { epsilon: 0.1 }, first(40)),
      IMPORTED_BEATS_ATTACK: compared('other', 'IMPORTED', { epsilon: 0.1 }, first(40)),
    };
    for (const [code, other] of Object.entries(others)) expect(found(subject, other)).toMatchObject({ subject: [`${code} other`] });
    const [[, list]] = [...compareEvaluations([subject], [compared('other', 'FGSM', { epsilon: 0.1 }, first(40), 1)])] as [
      [string, Finding[]],
    ];
    expect(list.map(({ code }) => code)).toEqual(['TRANSFER_BEATS_WHITE_BOX']);
  });

  it('report black boxes that beat white boxes, example by example', () => {
    const pgd = compared('pgd', 'PGD', { epsilon: 0.1 }, first(30), 40);
    const square = (wrong: readonly number[], epsilon = 0.1) => compared('square', 'SQUARE_LINF', { epsilon }, wrong);
    // As many, or fewer, but others: averages would hide it.
    expect(found(pgd, square(first(30, 30)))).toEqual({ pgd: ['BLACK_BOX_BEATS_WHITE_BOX square'], square: [] });
    expect(found(pgd, square(first(15, 20)))).toEqual({ pgd: [], square: [] });
    expect(found(pgd, square(first(20, 20)))).toEqual({ pgd: ['BLACK_BOX_BEATS_WHITE_BOX square'], square: [] });
    expect(found(pgd, square(first(60, 30), 0.2))).toEqual({ pgd: [], square: [] });
    const step = compared('step', 'FGSM', { epsilon: 0.1 }, first(30), 1);
    expect(found(step, square(first(50, 15)))).toEqual({ step: [], square: [] });
  });

  it('count, for minimum-norm attacks and attacks of other norms, the images within the budget', () => {
    const pgd = compared('pgd', 'PGD', { epsilon: 0.1 }, first(30), 40);
    const jump = (distance: number) => compared('jump', 'HOP_SKIP_JUMP_LINF', {}, first(100), 0, distance);
    expect(found(pgd, jump(25 / 255))).toEqual({ pgd: ['BLACK_BOX_BEATS_WHITE_BOX jump'], jump: [] });
    expect(found(pgd, jump(26 / 255))).toEqual({ pgd: [], jump: [] });
    const walk = (distance: number) => compared('walk', 'BOUNDARY', {}, first(100), 0, distance);
    expect(found(pgd, walk(25 / 255))).toEqual({ pgd: ['BLACK_BOX_BEATS_WHITE_BOX walk'], walk: [] });
    const made = compared('made', 'IMPORTED', {}, first(100), 0, 25 / 255);
    expect(found(pgd, made)).toEqual({ pgd: ['IMPORTED_BEATS_ATTACK made'], made: [] });
    const ddn = compared('ddn', 'DDN', {}, first(50), 40, 1);
    expect(found(ddn, walk(9))).toEqual({ ddn: ['BLACK_BOX_BEATS_WHITE_BOX walk'], walk: [] });
  });

  it('report noise that beats gradients', () => {
    const step = compared('step', 'FGSM', { epsilon: 0.1 }, first(2), 1);
    expect(found(step, compared('noise', 'UNIFORM_NOISE', { epsilon: 0.1 }, first(30)))).toEqual({
      step: ['NOISE_BEATS_GRADIENT noise'],
      noise: [],
    });
  });

  it('report attacks that more steps or restarts make stronger', () => {
    const pgd = (id: string, steps: number, restarts: number, wrong: number) =>
      compared(id, 'PGD', { epsilon: 0.1, steps, restarts }, first(wrong), steps);
    expect(found(pgd('10', 10, 1, 20), pgd('40', 40, 1, 40), pgd('100', 100, 1, 41))).toEqual({
      '10': ['NOT_CONVERGED 100'],
      '40': [],
      '100': [],
    });
    const bpda = (id: string, steps: number, wrong: number) =>
      compared(id, 'BPDA', { attacks: [{ kind: 'PGD', parameters: { epsilon: 0.1, steps } }] }, first(wrong), steps);
    expect(found(bpda('10', 10, 20), bpda('40', 40, 40))).toEqual({ '10': ['NOT_CONVERGED 40'], '40': [] });
    // More steps and fewer restarts: neither is the longer.
    expect(found(pgd('a', 10, 5, 20), pgd('b', 40, 1, 40))).toEqual({ a: [], b: [] });
  });

  it('report accuracy that does not fall with ε', () => {
    const pgd = (id: string, epsilon: number, wrong: number) => compared(id, 'PGD', { epsilon }, first(wrong), 40);
    expect(found(pgd('small', 0.1, 40), pgd('large', 0.2, 20))).toEqual({ small: [], large: ['ACCURACY_NOT_FALLING small'] });
    const listed = (id: string, kind: string, epsilon: number, wrong: number) =>
      compared(id, kind, { attacks: [{ kind: 'PGD', parameters: { epsilon } }] }, first(wrong), 40);
    expect(found(listed('small', 'EOT', 0.1, 40), listed('large', 'EOT', 0.2, 20))).toEqual({
      small: [],
      large: ['ACCURACY_NOT_FALLING small'],
    });
    expect(found(listed('small', 'WORST_OF', 0.1, 40), listed('large', 'EOT', 0.2, 20))).toEqual({ small: [], large: [] });
  });

  it('count how many comparisons were made', () => {
    const step = compared('step', 'FGSM', { epsilon: 0.1 }, first(8), 1);
    const pgd = (id: string) => compared(id, 'PGD', { epsilon: 0.1 }, [], 40);
    expect(found(step, pgd('one')).one).toEqual(['SINGLE_STEP_BEATS_ITERATIVE step']);
    expect(found(step, pgd('one'), pgd('two'), pgd('three'), pgd('four')).one).toEqual([]);
  });
});

describe('real networks', async () => {
  const engine = await testEngine();
  const dataset = await openDataset({ format: 'mnist', split: 'test' });
  const shipped = (name: string) => loadLayersModel({ format: 'LAYERS_MODEL', directory: `assets/models/${name}` });
  const [baseline, adversarial] = [await shipped('mnist-baseline'), await shipped('mnist-adversarial')];
  const cleanShards = new CleanShards();
  afterAll(() => Promise.all([engine.dispose(), dataset.close()]));
  const COUNT = 100;

  /** Codes of what is found about each evaluation, but for the small number of examples. */
  async function findingCodes(model: DifferentiableModel, attacks: Readonly<Record<string, readonly [string, ParameterValues]>>) {
    const single: Record<string, string[]> = {};
    const compared: ComparedEvaluation[] = [];
    for (const [id, [kind, given]] of Object.entries(attacks)) {
      const attack = findAttack(kind);
      const parameters = validateParameters(attack, given);
      const request = {
        engine,
        model,
        dataset,
        attack: { kind, parameters },
        seed: 1,
        offset: 0,
        count: COUNT,
        keepImages: false,
        cleanShards,
      };
      const outcomes = await evaluateShard(request);
      const { output } = model;
      const budget = attack.budget(parameters, MNIST);
      const facts = { ...outcomes, attack, parameters, budget, outcomes, summary: summarise(outcomes), imageSize: 784, output, ...KNOWN };
      single[id] = findings(facts).map(({ code }) => code);
      const right = Uint8Array.from(outcomes.labels, (_, i) => (staysRight(outcomes, i) ? 1 : 0));
      const gradients = Math.max(...outcomes.gradients);
      compared.push({ id, attack, parameters, budget, distances: outcomes, imageSize: 784, right, gradients });
    }
    const across = compareEvaluations(compared);
    return Object.fromEntries(
      Object.keys(attacks).map((id) => [
        id,
        [...single[id]!, ...across.get(id)!.map(({ code }) => code)].filter((code) => code !== 'TOO_FEW_EXAMPLES'),
      ]),
    );
  }

  const USUAL = {
    fgsm: ['FGSM', { epsilon: 0.1 }],
    fgsmMore: ['FGSM', { epsilon: 0.2 }],
    iterBasic: ['ITER_BASIC', { epsilon: 8 / 255 }],
    pgd: ['PGD', { epsilon: 0.2, steps: 10 }],
    apgd: ['APGD_CE_LINF', { epsilon: 0.2, steps: 10 }],
    square: ['SQUARE_LINF', { epsilon: 0.2, queries: 100 }],
    pgdL2: ['PGD_L2', { epsilon: 4, steps: 10 }],
    // Without limit.
    simba: ['SIMBA', { queries: 300, alpha: 0.5 }],
    noise: ['UNIFORM_NOISE', { epsilon: 0.2 }],
    unbounded: ['PGD', { epsilon: 1, steps: 20 }],
  } as const;

  it.each(
    everyNth(2, [
      ['plain', baseline],
      ['adversarially trained', adversarial],
    ] as const),
  )('cause no false alarm: %s', async (_, model) => {
    expect(await findingCodes(model, USUAL)).toEqual(Object.fromEntries(Object.keys(USUAL).map((id) => [id, []])));
  });

  it('are reported where they mask their gradients', async () => {
    const one = { fgsm: USUAL.fgsm };
    expect((await findingCodes(saturating(baseline), one)).fgsm).toEqual(['VANISHING_GRADIENTS', 'SATURATED_SOFTMAX']);
    expect((await findingCodes(softmaxed(baseline), one)).fgsm).toContain('OUTPUT_PROBABILITIES');
    expect((await findingCodes(undefinedSlopes(baseline), one)).fgsm).toContain('NON_FINITE_GRADIENTS');
  });

  itWhole('are reported where distillation masks them', async () => {
    const found = await findingCodes(await distilled(engine), { fgsm: USUAL.fgsm });
    expect(found.fgsm).toEqual(['VANISHING_GRADIENTS', 'SATURATED_SOFTMAX']);
  });

  it('are reported by gradient-free attacks, where a step function has no gradient', async () => {
    const { square, pgd, pgdL2, simba, fgsm, unbounded } = await findingCodes(stepped(baseline), {
      ...USUAL,
      square: ['SQUARE_LINF', { epsilon: 0.2, queries: 200 }],
    });
    expect(fgsm).toEqual(['VANISHING_GRADIENTS', 'BELOW_BUDGET']);
    expect(pgd).toEqual(['VANISHING_GRADIENTS', 'BLACK_BOX_BEATS_WHITE_BOX']);
    expect(pgdL2).toEqual(['VANISHING_GRADIENTS', 'BLACK_BOX_BEATS_WHITE_BOX']);
    expect(simba).toEqual(['VANISHING_GRADIENTS']);
    expect(unbounded).toContain('UNBOUNDED_ATTACK_FAILS');
    expect(square).toEqual(['VANISHING_GRADIENTS']);
  });

  it('are reported where the steps of an attack cannot reach its budget', async () => {
    const { short, shorter } = await findingCodes(baseline, {
      fgsm: ['FGSM', { epsilon: 0.2 }],
      short: ['ITER_BASIC', { epsilon: 0.2, steps: 3, alpha: 1 / 255 }],
      shorter: ['ITER_BASIC', { epsilon: 0.2, steps: 2, alpha: 1 / 255 }],
    });
    expect(short).toEqual(['BELOW_BUDGET', 'SINGLE_STEP_BEATS_ITERATIVE']);
    expect(shorter).toEqual(['BELOW_BUDGET', 'SINGLE_STEP_BEATS_ITERATIVE']);
  });
});
