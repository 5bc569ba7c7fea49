import { describe, expect, it } from 'vitest';
import { findAttack } from '../../src/compute/attacks/registry.js';
import { validateParameters } from '../../src/compute/parameters/validate.js';
import { findClassifier } from '../../src/compute/classifiers/registry.js';
import { findArchitecture } from '../../src/compute/models/architectures/registry.js';
import { recipes } from '../../src/studies/recipes/registry.js';
import { scales } from '../../src/studies/scales/registry.js';
import { reportCsv } from '../../src/studies/report/csv.js';
import { reportHtml } from '../../src/studies/report/html.js';
import { OUTCOMES } from '../../src/studies/report/text.js';
import type { EvaluationTask, Outcomes, Recipe, Settings, Task } from '../../src/studies/types.js';

const settingsOf = (scale = scales[0]!): Settings => ({ ...scale, seeds: 3 });
const fits = ({ scales: names }: Recipe, { name }: { readonly name: string }) => names?.includes(name) ?? true;
const everywhere = recipes.flatMap((recipe) =>
  scales.filter((scale) => fits(recipe, scale)).map((scale) => [recipe.name, scale.name, recipe, settingsOf(scale)] as const),
);

describe('the plan', () => {
  it.each(everywhere)('of %s at %s names each task once, after the tasks that it needs', (_, __, recipe, settings) => {
    const before = new Map<string, Task>();
    for (const task of recipe.plan(settings)) {
      expect(before.has(task.key), task.key).toBe(false);
      const needed =
        task.kind === 'transfer' ? [task.source, ...task.evaluations, ...task.targets] : task.kind === 'evaluation' ? [task.network] : [];
      for (const key of needed) expect(before.has(key), `${key} before ${task.key}`).toBe(true);
      before.set(task.key, task);
    }
  });

  it.each(everywhere)('of %s at %s names existing architectures, classifiers and attacks', (_, __, recipe, settings) => {
    for (const task of recipe.plan(settings)) {
      if (task.kind === 'classifier')
        validateParameters(findClassifier(task.classifier.name), task.classifier.parameters, 'INVALID_TRAINING');
      if (task.kind === 'training') findArchitecture(task.network.architecture.architecture);
      const attacks = task.kind === 'evaluation' ? [task.attack] : task.kind === 'training' ? (task.network.scheme.attacks ?? []) : [];
      for (const { kind, parameters } of attacks) validateParameters(findAttack(kind), parameters);
    }
  });
});

describe('a scale', () => {
  it('that has the steps and the minibatches of the paper, and not its machines, says how many passes over the images that is', () => {
    const { steps, batchSize, title, comparedWithPaper, schedule } = scales.find(({ name }) => name === 'imagenet')!;
    const images = 1_281_167;
    expect(title).toContain(`${((steps * batchSize) / images).toFixed(1)} passes`);
    expect(comparedWithPaper).toContain(`some ${Math.round((50 * steps * batchSize) / images)} passes`);
    // Every two passes.
    expect(schedule.parameters['interval']).toBe(Math.round((2 * images) / batchSize));
    expect(Math.floor(steps / Math.round((2 * images) / batchSize))).toBe(1);
  });
});

/** Made-up counts of 1000 images, 990 of them right before any attack. */
function outcomesWhere(
  recipe: Recipe,
  settings: Settings,
  accuracyOf: (task: EvaluationTask) => number,
  transferRateOf: (key: string) => number = () => 0.5,
  aware = 0.9,
): Outcomes {
  const evaluations = new Map(recipe.plan(settings).flatMap((task) => (task.kind === 'evaluation' ? [[task.key, task] as const] : [])));
  // Seeds differ a little, as they would.
  const noise = (key: string) => Number(/seed (\d)/.exec(key)![1]) - 2;
  const played = (classifier: number) => ({ classifier, adversary: 1 - classifier, falsePositives: 1, falseNegatives: 2 });
  const gameWhere = (more: number) => ({
    ...{ innocent: 500, malicious: 500, changed: 400, cost: 800 },
    ...{ unattacked: played(0.95 + more), attacked: played(0.2), aware: played(aware + more) },
  });
  return {
    evaluation(key) {
      const right = Math.round(1000 * accuracyOf(evaluations.get(key)!)) + noise(key);
      return { n: 1000, clean: 990, adversarial: right, successes: Math.max(0, 990 - right) };
    },
    transfer: (key) => ({ bothRight: 980, fooledSource: 500, transferred: Math.round(500 * transferRateOf(key)) + noise(key) }),
    game: (key) => gameWhere(noise(key) / 100),
  };
}

const outcomesOf = (recipe: Recipe, outcomes: Outcomes) => recipe.report(outcomes, settingsOf()).verdicts.map(({ outcome }) => outcome);
const recipe = (name: string) => recipes.find((candidate) => candidate.name === name)!;
const isAdversarial = ({ network }: EvaluationTask) => network.startsWith('adversarial');

describe('the report', () => {
  it('of F1 confirms robustness where the results show it, and only there', () => {
    const reproduced = outcomesWhere(recipe('F1'), settingsOf(), (task) => (isAdversarial(task) ? 0.8 : 0.3));
    expect(outcomesOf(recipe('F1'), reproduced)).toEqual(['REPRODUCED', 'REPRODUCED', 'REPRODUCED']);
    const opposite = outcomesWhere(recipe('F1'), settingsOf(), (task) => (isAdversarial(task) ? 0.3 : 0.8));
    expect(outcomesOf(recipe('F1'), opposite).slice(0, 2)).toEqual(['NOT_REPRODUCED', 'NOT_REPRODUCED']);
  });

  it('of F2 decides whether iterative attacks still succeed', () => {
    const isIterative = (task: EvaluationTask) => task.attack.kind.startsWith('ITER');
    const gaining = (accuracy: number) =>
      outcomesWhere(recipe('F2'), settingsOf(), (task) => (!isAdversarial(task) ? 0.1 : isIterative(task) ? accuracy : 0.8));
    const [holds, fails] = ['REPRODUCED', 'NOT_REPRODUCED'];
    expect(outcomesOf(recipe('F2'), gaining(0.1))).toEqual([holds, holds, holds, holds]);
    // Less than half of what is gained against one step is a lot more than almost nothing.
    expect(outcomesOf(recipe('F2'), gaining(0.4))).toEqual([fails, holds, fails, holds]);
    expect(outcomesOf(recipe('F2'), gaining(0.8))).toEqual([fails, fails, fails, fails]);
  });

  it('of F3 finds a network that is more accurate under FGSM than on clean images', () => {
    const leaking = outcomesWhere(recipe('F3'), settingsOf(), ({ network }) => (network.startsWith('trained with FGSM,') ? 0.995 : 0.9));
    expect(outcomesOf(recipe('F3'), leaking)).toEqual(['REPRODUCED', 'REPRODUCED', 'REPRODUCED', 'REPRODUCED']);
    const none = outcomesWhere(recipe('F3'), settingsOf(), () => 0.9);
    expect(outcomesOf(recipe('F3'), none)).toEqual(['NOT_REPRODUCED', 'REPRODUCED', 'REPRODUCED', 'REPRODUCED']);
  });

  it('of F3 corrects its tests for multiple comparisons', () => {
    const leaking = outcomesWhere(recipe('F3'), settingsOf(), ({ network }) => (network.startsWith('trained with FGSM,') ? 1 : 0.9));
    const { columns, rows } = recipe('F3').report(leaking, settingsOf()).tables.at(-1)!;
    expect(columns.slice(-2)).toEqual(['p', 'p, Holm']);
    const tests = rows.map(({ cells }) => cells.slice(-2).map((cell) => cell!.mean));
    expect(tests.slice(0, 3)).toEqual(
      [9, 10, 11].map((gained, i) => [1, 10 + i].map((times): unknown => expect.closeTo(times * 2 ** -gained, 12))),
    );
    expect(tests).toHaveLength(12);
  });

  it('of F4 and F5 is inconclusive where all attacks transfer equally', () => {
    for (const name of ['F4', 'F5']) {
      const verdicts = outcomesOf(
        recipe(name),
        outcomesWhere(recipe(name), settingsOf(), () => 0.2),
      );
      expect(new Set(verdicts)).toEqual(new Set(['NOT_DECIDED']));
    }
  });

  it('of cross-technique transfer says into what examples transfer, and from what', () => {
    const where = (rate: (source: string, target: string) => number) => {
      const transfers = outcomesWhere(recipe('cross-technique-transfer'), settingsOf(), () => 0.3);
      const outcomes: Outcomes = {
        ...transfers,
        transfer: (key, target) => ({
          bothRight: 980,
          fooledSource: 500,
          transferred: 500 * rate(key, target) + Number(/seed (\d)/.exec(key)![1]),
        }),
      };
      return outcomesOf(recipe('cross-technique-transfer'), outcomes);
    };
    expect(where((source, target) => (source.startsWith('decision') ? 0.05 : target.startsWith('decision') ? 0.8 : 0.3))).toEqual(
      Array(3).fill('REPRODUCED'),
    );
    expect(where((source, target) => (source.startsWith('decision') ? 0.09 : target.startsWith('decision') ? 0.01 : 0.02))).toEqual(
      Array(3).fill('NOT_REPRODUCED'),
    );
  });

  it('of adversarial classification says what the adversary and the reply are worth', () => {
    const verdicts = (aware: number) =>
      new Set(
        outcomesOf(
          recipe('adversarial-classification'),
          outcomesWhere(recipe('adversarial-classification'), settingsOf(), () => 0, undefined, aware),
        ),
      );
    expect(verdicts(0.9)).toEqual(new Set(['REPRODUCED']));
    expect(verdicts(0.1)).toEqual(new Set(['REPRODUCED', 'NOT_REPRODUCED']));
  });

  it.each(recipes.map((each) => [each.name, each] as const))(
    'of %s can be written as CSV and as a self-contained page',
    async (_, each) => {
      const settings = settingsOf();
      const report = each.report(
        outcomesWhere(each, settings, (task) => (isAdversarial(task) ? 0.8 : 0.3)),
        settings,
      );
      const figures = report.tables.flatMap(({ rows }) => rows.flatMap(({ cells }) => cells));
      const points = report.plots.flatMap(({ series }) => series.flatMap((one) => one.points));
      const lines = reportCsv(report).trimEnd().split('\n');
      const ofPart = (part: string) => lines.filter((line) => line.startsWith(`${part},`));
      expect(ofPart('table')).toHaveLength(figures.length);
      expect(ofPart('plot')).toHaveLength(points.length);
      for (const [i, { x, mean }] of points.entries()) expect(ofPart('plot')[i]).toContain(`,${x},${mean},`);
      expect(ofPart('verdict')).toHaveLength(report.verdicts.length);
      for (const [i, { estimate, outcome }] of report.verdicts.entries()) {
        expect(ofPart('verdict')[i]).toContain(`,${estimate?.mean},${estimate?.lower},${estimate?.upper},3,${OUTCOMES[outcome]}`);
      }
      expect(lines).toHaveLength(1 + figures.length + points.length + report.verdicts.length);
      const page = await reportHtml(each, settings, report);
      expect(page.match(/<svg/g) ?? []).toHaveLength(report.plots.length);
      expect(page).not.toMatch(/<script|<link|<img|href=|src=/i);
      for (const { statement } of report.verdicts) expect(page).toContain(statement.replaceAll('<', '&lt;'));
    },
  );
});
