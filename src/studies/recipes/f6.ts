/** F6: capacity (Kurakin et al. 2016, section 4.3, figure 2). @module */
import { studentInterval } from '../../compute/statistics/index.js';
import { iterLl, STEP_LL } from '../attacks.js';
import { Accuracies, budget, differences, evaluations, meanOver, type NamedAttack, trainings } from '../grid.js';
import { adversarial, plain } from '../networks.js';
import type { Network, Recipe, Settings } from '../types.js';
import { above } from '../verdicts.js';

const TRAININGS = { 'clean training': plain, 'adversarial training': adversarial } as const;
type Training = keyof typeof TRAININGS;
const NAMES = Object.keys(TRAININGS) as Training[];

const networkName = (training: Training, width: number) => `${training}, ρ = ${width}`;

function networks(settings: Settings): Record<string, Network> {
  const { architecture, widths } = settings;
  const all = NAMES.flatMap((training) =>
    widths.map(
      (width) => [networkName(training, width), TRAININGS[training]({ ...settings, architecture: { ...architecture, width } })] as const,
    ),
  );
  return Object.fromEntries(all);
}

export const f6: Recipe = {
  name: 'F6',
  title: 'Capacity',
  claim:
    'Larger networks gain more from adversarial training: the ratio of adversarial to clean accuracy under one-step attacks rises with ρ.',
  criteria:
    'That the widest network has a higher ratio under step l.l. than the narrowest, as a mean over ε, and that adversarial training raises it by more. Not that it rises from each width to the next: the plot shows that.',
  version: 1,

  plan: (settings) => [
    ...trainings(networks(settings), settings),
    ...evaluations(Object.keys(networks(settings)), [STEP_LL, iterLl(settings)], settings),
  ],

  report(outcomes, settings) {
    const { epsilons, widths } = settings;
    const attacks = [STEP_LL, iterLl(settings)];
    const accuracies = new Accuracies(outcomes, settings);
    const ratioAt = (network: string, attack: NamedAttack, epsilon: number) => {
      const clean = accuracies.clean(network, attack, epsilon);
      return accuracies.under(network, attack, epsilon).map((accuracy, seed) => accuracy / Math.max(clean[seed]!, Number.MIN_VALUE));
    };
    const ratio = (training: Training, width: number, attack: NamedAttack) =>
      meanOver(epsilons, (epsilon) => ratioAt(networkName(training, width), attack, epsilon));
    const [smallest, widest] = [widths[0]!, widths.at(-1)!];
    return {
      tables: [
        ...attacks.map((attack) => ({
          title: `Ratio of accuracy under ${attack.title} to clean accuracy`,
          columns: ['network', 'clean accuracy', ...epsilons.map((epsilon) => `ε = ${budget(epsilon)}`), 'mean over ε'],
          rows: NAMES.flatMap((training) =>
            widths.map((width) => ({
              label: networkName(training, width),
              cells: [
                accuracies.clean(networkName(training, width), attack, epsilons[0]!),
                ...epsilons.map((epsilon) => ratioAt(networkName(training, width), attack, epsilon)),
                ratio(training, width, attack),
              ].map(studentInterval),
            })),
          ),
        })),
      ],
      plots: [
        {
          title: 'Ratio of adversarial to clean accuracy, mean over ε',
          xTitle: 'ρ',
          yTitle: 'ratio',
          series: NAMES.flatMap((training) =>
            attacks.map((attack) => ({
              name: `${training}, ${attack.title}`,
              points: widths.map((width) => ({ x: width, ...studentInterval(ratio(training, width, attack)) })),
            })),
          ),
        },
      ],
      verdicts: [
        above({
          statement: 'After adversarial training, wider networks are more robust to step l.l.',
          quantity: `Ratio of adversarial to clean accuracy, mean over ε, at ρ = ${widest} less that at ρ = ${smallest}`,
          paper: 'The ratio under one-step attacks rises with ρ from 0.5 to 2.',
          values: differences(ratio('adversarial training', widest, STEP_LL), ratio('adversarial training', smallest, STEP_LL)),
        }),
        above({
          statement: 'Wider networks gain more from adversarial training',
          quantity: `Gain in that ratio by adversarial training at ρ = ${widest} less that at ρ = ${smallest}`,
          paper: 'Larger networks gain more.',
          values: differences(gain(widest), gain(smallest)),
        }),
      ],
    };

    function gain(width: number): number[] {
      return differences(ratio('adversarial training', width, STEP_LL), ratio('clean training', width, STEP_LL));
    }
  },
};
