/** F4: one-step attacks transfer better than iterative ones (Kurakin et al. 2016, section 4.4, table 4). @module */
import { estimateOf, budget, points, seedsOf } from '../grid.js';
import type { Recipe, Settings } from '../types.js';
import { above } from '../verdicts.js';
import { attacksOf, namesOf, planTransfers, rateOf, repetitionsOf, Transfers } from './transfers.js';

const largest = ({ epsilons }: Settings) => epsilons.at(-1)!;

export const f4: Recipe = {
  name: 'F4',
  title: 'Transfer of one-step and iterative attacks',
  claim: 'Attacks of many steps transfer less than attacks of one: FGSM more than iter. basic, and that more than iter. l.l.',
  criteria:
    'The order of the three attacks by transfer rate at the largest ε, as a mean over pairs of different architectures. Not the size of the rates.',
  version: 2,
  takesModels: true,

  plan: (settings) => planTransfers(settings, settings.epsilons),

  report(outcomes, settings) {
    const names = namesOf(settings);
    const attacks = attacksOf(settings);
    const epsilon = largest(settings);
    const transfers = new Transfers(outcomes, settings);
    const rates = new Map(attacks.map((attack) => [attack.title, transfers.rates(attack, epsilon)]));
    return {
      tables: [
        {
          title: `Transfer between different architectures, mean over pairs, at ε = ${budget(epsilon)}`,
          columns: ['attack', 'transfer rate', 'success on the source'],
          rows: attacks.map((attack) => ({
            label: attack.title,
            cells: [estimateOf(rates.get(attack.title)!), estimateOf(transfers.sourceSuccess(attack, epsilon))],
          })),
        },
        ...attacks.map((attack) => ({
          title: `Transfer rate of ${attack.title} from each source to each target`,
          columns: ['source', ...names],
          rows: names.map((source) => ({
            label: source,
            cells: names.map((target) =>
              source === target
                ? null
                : estimateOf(seedsOf(settings).map((seed) => rateOf(transfers.pair(source, target, seed, attack, epsilon)))),
            ),
          })),
        })),
      ],
      plots: [
        {
          title: 'Transfer between different architectures, mean over pairs',
          xTitle: 'ε',
          yTitle: 'transfer rate',
          series: attacks.map((attack) => ({
            name: attack.title,
            points: points(settings.epsilons, (each) => transfers.rates(attack, each)),
          })),
        },
      ],
      verdicts: attacks.slice(1).map((weaker, i) => {
        const stronger = attacks[i]!;
        return above({
          over: repetitionsOf(settings),
          statement: `${stronger.title} transfers better than ${weaker.title}`,
          quantity: `Transfer rate of ${stronger.title} less that of ${weaker.title}, mean over pairs of architectures, at ε = ${budget(epsilon)}`,
          paper: 'About 47 % to 59 % for FGSM, 30 % to 46 % for iter. basic, 9 % to 15 % for iter. l.l.',
          values: rates.get(stronger.title)!.map((rate, seed) => difference(rate, rates.get(weaker.title)![seed])),
        });
      }),
    };
  },
};

const difference = (first: number | undefined, second: number | undefined) =>
  first === undefined || second === undefined ? undefined : first - second;
