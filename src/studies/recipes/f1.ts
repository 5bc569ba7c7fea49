/** F1: adversarial training against one-step attacks (Kurakin et al. 2016, section 4.1, table 1). @module */
import { FGSM, STEP_LL } from '../attacks.js';
import { Accuracies, differences, evaluations, meanOver, trainings } from '../grid.js';
import { adversarial, plain } from '../networks.js';
import type { Recipe } from '../types.js';
import { above } from '../verdicts.js';

const PLAIN = 'clean training';
const ADVERSARIAL = 'adversarial training';
const NETWORKS = [PLAIN, ADVERSARIAL];
const ATTACKS = [FGSM, STEP_LL];

/** What counts as a small loss on clean images. */
const SMALL_LOSS = 0.02;

export const f1: Recipe = {
  name: 'F1',
  title: 'Robustness to one-step attacks',
  claim: 'Adversarial training makes a network robust to one-step attacks, with a small loss on clean images.',
  criteria:
    'That accuracy under each attack rises at all, as a mean over ε, and that clean accuracy falls by less than two points. Not that accuracy under attack comes near clean accuracy, as in the paper: the table shows that.',
  version: 1,

  plan: (settings) => [
    ...trainings({ [PLAIN]: plain(settings), [ADVERSARIAL]: adversarial(settings) }, settings),
    ...evaluations(NETWORKS, ATTACKS, settings),
  ],

  report(outcomes, settings) {
    const { epsilons } = settings;
    const accuracies = new Accuracies(outcomes, settings);
    const clean = (network: string) => accuracies.clean(network, STEP_LL, epsilons[0]!);
    return {
      tables: [accuracies.table('Top-1 accuracy', NETWORKS, ATTACKS, epsilons)],
      plots: [
        {
          title: 'Accuracy under one-step attacks',
          xTitle: 'ε',
          yTitle: 'top-1 accuracy',
          series: NETWORKS.flatMap((network) =>
            ATTACKS.map((attack) => ({
              name: `${network}, ${attack.title}`,
              points: accuracies.curve(network, attack, epsilons),
            })),
          ),
        },
      ],
      verdicts: [
        ...ATTACKS.map((attack) =>
          above({
            statement: `Adversarial training raises accuracy under ${attack.title}`,
            quantity: 'Accuracy after adversarial training less accuracy after clean training, mean over ε',
            paper: 'Step l.l. at ε = 16 of 255: from 29.5 % to 73.9 %.',
            values: meanOver(epsilons, (epsilon) =>
              differences(accuracies.under(ADVERSARIAL, attack, epsilon), accuracies.under(PLAIN, attack, epsilon)),
            ),
          }),
        ),
        above({
          statement: 'The loss on clean images is small',
          quantity: 'Clean accuracy after adversarial training less clean accuracy after clean training',
          paper: 'From 78.4 % to 77.6 %.',
          values: differences(clean(ADVERSARIAL), clean(PLAIN)),
          bound: -SMALL_LOSS,
        }),
      ],
    };
  },
};
