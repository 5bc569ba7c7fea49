/** F3: label leaking (Kurakin et al. 2016, section 4.1.1 and table 2). @module */
import { holmAdjusted, mcnemarExact, studentInterval } from '../../compute/statistics/index.js';
import { FGSM, FGSM_PREDICTED, STEP_LL, STEP_RND } from '../attacks.js';
import { Accuracies, budget, differences, evaluations, type NamedAttack, seedsOf, trainings } from '../grid.js';
import { adversarial } from '../networks.js';
import type { EvaluationCounts, Recipe, Table } from '../types.js';
import { above } from '../verdicts.js';

const ATTACKS = [FGSM, FGSM_PREDICTED, STEP_LL, STEP_RND];
const trainedWith = ({ title }: NamedAttack) => `trained with ${title}`;

export const f3: Recipe = {
  name: 'F3',
  title: 'Label leaking',
  claim:
    'A network trained with FGSM on the true label is right more often on such images than on clean ones; step l.l., step rnd. and FGSM on the predicted label do not show it.',
  criteria:
    'At the largest ε, and for a network that is attacked as it was trained: that accuracy under FGSM lies above clean accuracy, and accuracy under each of the other attacks below it.',
  version: 1,

  plan: (settings) => [
    ...trainings(Object.fromEntries(ATTACKS.map((attack) => [trainedWith(attack), adversarial(settings, {}, attack)])), settings),
    ...ATTACKS.flatMap((attack) => evaluations([trainedWith(attack)], attack === FGSM ? [FGSM] : [attack, FGSM], settings)),
  ],

  report(outcomes, settings) {
    const { epsilons } = settings;
    const accuracies = new Accuracies(outcomes, settings);
    const largest = epsilons.at(-1)!;
    /** Accuracy that an attack with ε adds. */
    const added = (attack: NamedAttack, epsilon: number) =>
      differences(accuracies.under(trainedWith(attack), attack, epsilon), accuracies.clean(trainedWith(attack), attack, epsilon));
    return {
      tables: [
        {
          ...accuracies.table('Top-1 accuracy under the attack that was trained with', [], [], epsilons),
          rows: ATTACKS.flatMap((attack) => accuracies.table('', [trainedWith(attack)], [attack], epsilons).rows),
        },
        accuracies.table('Top-1 accuracy under FGSM', ATTACKS.map(trainedWith), [FGSM], epsilons),
        pairedTests(
          `Images at ε = ${budget(largest)} under the attack that was trained with; exact McNemar tests, one-sided`,
          ATTACKS.flatMap((attack) =>
            seedsOf(settings).map((seed, i) => ({
              label: `${trainedWith(attack)}, seed ${seed}`,
              counts: accuracies.counts(trainedWith(attack), attack, largest)[i]!,
            })),
          ),
        ),
      ],
      plots: [
        {
          title: 'Accuracy under the attack that was trained with, less clean accuracy',
          xTitle: 'ε',
          yTitle: 'accuracy added by the attack',
          series: ATTACKS.map((attack) => ({
            name: trainedWith(attack),
            points: epsilons.map((epsilon) => ({ x: epsilon, ...studentInterval(added(attack, epsilon)) })),
          })),
        },
      ],
      verdicts: ATTACKS.map((attack) => {
        const leaks = attack === FGSM;
        return above({
          statement: leaks
            ? 'Trained with FGSM, the network is right more often under FGSM than without'
            : `Trained with ${attack.title}, the network is right less often under ${attack.title} than without`,
          quantity: `Accuracy ${leaks ? 'under attack less clean accuracy' : 'on clean images less accuracy under attack'} at ε = ${budget(largest)}`,
          paper: leaks
            ? 'Trained and tested with FGSM: clean 76.6 %, under attack 86.2 % to 88.7 %.'
            : 'Accuracy under attack stays below that on clean images.',
          values: leaks ? added(attack, largest) : added(attack, largest).map((value) => -value),
        });
      }),
    };
  },
};

function pairedTests(title: string, networks: readonly { readonly label: string; readonly counts: EvaluationCounts }[]): Table {
  const tests = networks.map(({ label, counts: { clean, adversarial: right, successes: lost } }) => {
    const gained = right - (clean - lost);
    return { label, gained, lost, pValue: mcnemarExact(gained, lost) };
  });
  const adjusted = holmAdjusted(tests.map(({ pValue }) => pValue));
  return {
    title,
    columns: ['network, seed', 'right only under attack', 'right only without', 'p', 'p, Holm'],
    rows: tests.map(({ label, gained, lost, pValue }, i) => ({
      label,
      cells: [gained, lost, pValue, adjusted[i]!].map((value) => studentInterval([value])),
    })),
  };
}
