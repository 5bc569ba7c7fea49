/** Transfer between techniques of machine learning (Papernot, McDaniel & Goodfellow 2016, arXiv 1605.07277, section 4). @module */
import { classifierTasks, FITTED, SMALL_IMAGES } from '../classifiers.js';
import { FGSM } from '../attacks.js';
import { budget, estimateOf, evaluationKey, evaluations, type NamedAttack, seedsOf, trainingKey, trainings } from '../grid.js';
import { plain } from '../networks.js';
import type { Outcomes, Recipe, Settings } from '../types.js';
import { above } from '../verdicts.js';
import { rateOf } from './transfers.js';

/** For what has no gradient. */
const HOP_SKIP_JUMP: NamedAttack = { title: 'HopSkipJump', kind: 'HOP_SKIP_JUMP_LINF', parameters: { queries: 300 } };

const CLASSIFIERS = {
  'logistic regression': { name: 'logisticRegression', parameters: { iterations: 50 } },
  SVM: { name: 'svm', parameters: {} },
  'decision tree': { name: 'decisionTree', parameters: {} },
  'k-NN': { name: 'nearestNeighbours', parameters: {} },
};

const [NETWORK, LOGISTIC, TREE] = ['network', 'logistic regression', 'decision tree'];
const TECHNIQUES = [NETWORK!, ...Object.keys(CLASSIFIERS)];
const attackOf = (technique: string) => (technique === TREE || technique === 'k-NN' ? HOP_SKIP_JUMP : FGSM);
const largest = ({ epsilons }: Settings) => epsilons.at(-1)!;

const PAPER =
  'About 79 % to 87 % into decision trees, 1 % to 12 % from classical techniques into networks, and 1 % to 12 % from decision trees into others.';

export const crossTechnique: Recipe = {
  name: 'cross-technique-transfer',
  title: 'Transfer between techniques of machine learning',
  claim:
    'Adversarial examples transfer between networks, logistic regression, support vector machines, decision trees and nearest neighbours; decision trees are the most vulnerable, and networks the least (Papernot, McDaniel & Goodfellow 2016).',
  criteria: `The direction, by transfer rates at the largest ε. Classical classifiers are fitted to ${FITTED} images. Techniques with gradients are attacked by FGSM; trees and neighbours by HopSkipJump, which stops at the decision boundary, where the paper has attacks on their structure, and transfers less. n are the images that both get right and whose attacked form fools the source, where the paper has all.`,
  version: 1,
  scales: SMALL_IMAGES,

  plan(settings) {
    const attacked = TECHNIQUES.flatMap((technique) =>
      evaluations([technique], [attackOf(technique)], settings, { epsilons: [largest(settings)], keepImages: true }),
    );
    const transfers = TECHNIQUES.flatMap((source) =>
      seedsOf(settings).map((seed) => ({
        kind: 'transfer' as const,
        key: `${trainingKey(source, seed)}: transfer`,
        source: trainingKey(source, seed),
        evaluations: [evaluationKey(source, seed, attackOf(source), largest(settings))],
        targets: TECHNIQUES.filter((other) => other !== source).map((other) => trainingKey(other, seed)),
      })),
    );
    return [...trainings({ [NETWORK!]: plain(settings) }, settings), ...classifierTasks(CLASSIFIERS, settings), ...attacked, ...transfers];
  },

  report(outcomes, settings) {
    const epsilon = largest(settings);
    const seeds = seedsOf(settings);
    const counts = (source: string, seed: number) => outcomes.evaluation(evaluationKey(source, seed, attackOf(source), epsilon));
    const rates = (source: string, target: string) => seeds.map((seed) => transferRate(outcomes, source, target, seed, epsilon));
    const others = (technique: string) => TECHNIQUES.filter((other) => other !== technique);
    const into = (target: string) => meanOf(others(target).map((source) => rates(source, target)));
    const from = (source: string) => meanOf(others(source).map((target) => rates(source, target)));
    const success = (source: string) =>
      seeds.map((seed) => {
        const { successes, clean } = counts(source, seed);
        return clean === 0 ? undefined : successes / clean;
      });
    return {
      tables: [
        {
          title: 'Accuracy',
          columns: ['technique', 'clean', `attacked, ε = ${budget(epsilon)}`],
          rows: TECHNIQUES.map((technique) => ({
            label: `${technique}, ${attackOf(technique).title}`,
            cells: [
              estimateOf(seeds.map((seed) => counts(technique, seed).clean / counts(technique, seed).n)),
              estimateOf(seeds.map((seed) => counts(technique, seed).adversarial / counts(technique, seed).n)),
            ],
          })),
        },
        {
          title: `Transfer rate from source (row) to target (column) at ε = ${budget(epsilon)}; on the diagonal, success on the source`,
          columns: ['source', ...TECHNIQUES],
          rows: TECHNIQUES.map((source) => ({
            label: source,
            cells: TECHNIQUES.map((target) => estimateOf(source === target ? success(source) : rates(source, target))),
          })),
        },
        {
          title: 'Images that the rates are of: both get them right, and their attacked form fools the source',
          columns: ['source', ...TECHNIQUES],
          rows: TECHNIQUES.map((source) => ({
            label: source,
            cells: TECHNIQUES.map((target) =>
              source === target
                ? null
                : estimateOf(
                    seeds.map(
                      (seed) =>
                        outcomes.transfer(evaluationKey(source, seed, attackOf(source), epsilon), trainingKey(target, seed)).fooledSource,
                    ),
                  ),
            ),
          })),
        },
      ],
      plots: [],
      verdicts: [
        above({
          statement: 'Adversarial examples transfer between techniques',
          quantity: 'Transfer rate, mean over pairs of different techniques',
          paper: 'A mean of about 37 % over its pairs.',
          values: meanOf(TECHNIQUES.flatMap((source) => others(source).map((target) => rates(source, target)))),
          bound: 0.1,
        }),
        above({
          statement: 'Decision trees are more vulnerable than networks to what fools others',
          quantity: 'Transfer rate into the decision tree less that into the network, each a mean over sources',
          paper: PAPER,
          values: differencesOf(into(TREE!), into(NETWORK!)),
        }),
        above({
          statement: 'What fools logistic regression transfers better than what fools a decision tree',
          quantity: 'Transfer rate from logistic regression less that from the decision tree, each a mean over targets',
          paper: PAPER,
          values: differencesOf(from(LOGISTIC!), from(TREE!)),
        }),
      ],
    };
  },
};

function transferRate(outcomes: Outcomes, source: string, target: string, seed: number, epsilon: number): number | undefined {
  return rateOf(outcomes.transfer(evaluationKey(source, seed, attackOf(source), epsilon), trainingKey(target, seed)));
}

/** Seed by seed, of those that there are. */
function meanOf(columns: readonly (readonly (number | undefined)[])[]): (number | undefined)[] {
  return columns[0]!.map((_, seed) => {
    const present = columns.map((column) => column[seed]).filter((value) => value !== undefined);
    return present.length === 0 ? undefined : present.reduce((sum, value) => sum + value, 0) / present.length;
  });
}

const differencesOf = (first: readonly (number | undefined)[], second: readonly (number | undefined)[]) =>
  first.map((value, i) => (value === undefined || second[i] === undefined ? undefined : value - second[i]));
