/** F2: adversarial training against iterative attacks (Kurakin et al. 2016, section 4.1, table 1). @module */
import { FGSM, iterBasic, iterLl, STEP_LL } from '../attacks.js';
import { Accuracies, differences, evaluations, budget, trainings } from '../grid.js';
import { adversarial, plain } from '../networks.js';
import type { Recipe, Settings } from '../types.js';
import { above } from '../verdicts.js';

const PLAIN = 'clean training';
const ADVERSARIAL = 'adversarial training';
const NETWORKS = [PLAIN, ADVERSARIAL];

/** What counts as almost no robustness: accuracy gained at the largest ε. The paper's networks have 0.015 in all under iter. l.l. */
const ALMOST_NONE = 0.05;

/** Each with the one-step attack that uses the same label. */
const pairs = (settings: Settings) => [
  { oneStep: FGSM, iterative: iterBasic(settings), paper: 'Iter. basic at ε = 16 of 255: 23.2 % after adversarial training.' },
  {
    oneStep: STEP_LL,
    iterative: iterLl(settings),
    paper: 'Iter. l.l. at ε = 16 of 255: 1.5 % after adversarial training, step l.l. 73.9 %.',
  },
];
const attacks = (settings: Settings) => pairs(settings).flatMap(({ oneStep, iterative }) => [oneStep, iterative]);

export const f2: Recipe = {
  name: 'F2',
  title: 'Robustness to iterative attacks',
  claim: 'Adversarial training with a one-step attack gives almost no robustness to iterative attacks.',
  criteria:
    'For each attack, at the largest ε: first the finding itself, that adversarial training gains less than five points of accuracy; then a weaker statement, that it gains less than half of what it gains against the one-step attack with the same label.',
  version: 2,

  plan: (settings) => [
    ...trainings({ [PLAIN]: plain(settings), [ADVERSARIAL]: adversarial(settings) }, settings),
    ...evaluations(NETWORKS, attacks(settings), settings),
  ],

  report(outcomes, settings) {
    const { epsilons } = settings;
    const accuracies = new Accuracies(outcomes, settings);
    const largest = epsilons.at(-1)!;
    const gain = (attack: typeof FGSM) =>
      differences(accuracies.under(ADVERSARIAL, attack, largest), accuracies.under(PLAIN, attack, largest));
    return {
      tables: [accuracies.table('Top-1 accuracy', NETWORKS, attacks(settings), epsilons)],
      plots: [
        {
          title: 'Accuracy after adversarial training',
          xTitle: 'ε',
          yTitle: 'top-1 accuracy',
          series: attacks(settings).map((attack) => ({
            name: attack.title,
            points: accuracies.curve(ADVERSARIAL, attack, epsilons),
          })),
        },
      ],
      verdicts: pairs(settings).flatMap(({ oneStep, iterative, paper }) => [
        above({
          statement: `Adversarial training gives almost no robustness to ${iterative.title}`,
          quantity: `${ALMOST_NONE} less the accuracy gained against ${iterative.title}, at ε = ${budget(largest)}`,
          paper,
          values: gain(iterative).map((value) => ALMOST_NONE - value),
        }),
        above({
          statement: `Weaker: against ${iterative.title} adversarial training gains less than half of what it gains against ${oneStep.title}`,
          quantity: `Half the accuracy gained against ${oneStep.title} less the accuracy gained against ${iterative.title}, at ε = ${budget(largest)}`,
          paper,
          values: differences(
            gain(oneStep).map((value) => value / 2),
            gain(iterative),
          ),
        }),
      ]),
    };
  },
};
