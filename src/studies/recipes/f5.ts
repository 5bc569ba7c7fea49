/** F5: transfer grows with ε (Kurakin et al. 2016, section 4.4, figure 3). @module */
import { estimateOf, budget, points, type NamedAttack } from '../grid.js';
import type { Recipe, Settings, Table } from '../types.js';
import { above } from '../verdicts.js';
import { attacksOf, planTransfers, repetitionsOf, Transfers } from './transfers.js';

/** Success on the source counts as saturated from this share of its success at the largest ε on. */
const SATURATED = 0.95;

/** And one beyond the scale's, where every attack succeeds on its source. */
const epsilonsOf = ({ epsilons }: Settings) => [...epsilons, ...epsilons.slice(-1).map((epsilon) => epsilon * 1.5)];

export const f5: Recipe = {
  name: 'F5',
  title: 'Transfer and the size of the perturbation',
  claim: "Transfer grows with ε, even where the attack's success on its source has saturated.",
  criteria:
    'That the transfer rate is higher at one and a half times the largest ε of the scale than at the ε where success on the source reaches 95 % of what it is there. The paper counts images that transfer, not their share.',
  version: 1,
  takesModels: true,

  plan: (settings) => planTransfers(settings, epsilonsOf(settings)),

  report(outcomes, settings) {
    const epsilons = epsilonsOf(settings);
    const attacks = attacksOf(settings);
    const transfers = new Transfers(outcomes, settings);
    const largest = epsilons.at(-1)!;
    const tableOf = (title: string, valuesAt: (attack: NamedAttack, epsilon: number) => readonly (number | undefined)[]): Table => ({
      title,
      columns: ['attack', ...epsilons.map((epsilon) => `ε = ${budget(epsilon)}`)],
      rows: attacks.map((attack) => ({ label: attack.title, cells: epsilons.map((epsilon) => estimateOf(valuesAt(attack, epsilon))) })),
    });
    const rates = (attack: NamedAttack, epsilon: number) => transfers.rates(attack, epsilon);
    const success = (attack: NamedAttack, epsilon: number) => transfers.sourceSuccess(attack, epsilon);
    return {
      tables: [
        tableOf('Transfer rate between different architectures, mean over pairs', rates),
        tableOf('Success on the source, mean over architectures', success),
      ],
      plots: [
        {
          title: 'Transfer and success on the source',
          xTitle: 'ε',
          yTitle: 'rate',
          series: attacks.flatMap((attack) => [
            { name: `${attack.title}, transfer`, points: points(epsilons, (epsilon) => rates(attack, epsilon)) },
            { name: `${attack.title}, source`, points: points(epsilons, (epsilon) => success(attack, epsilon)) },
          ]),
        },
      ],
      verdicts: attacks.map((attack) => {
        const atLargest = estimateOf(success(attack, largest))!.mean;
        const saturated = epsilons.find((epsilon) => estimateOf(success(attack, epsilon))!.mean >= SATURATED * atLargest)!;
        const [before, after] = [rates(attack, saturated), rates(attack, largest)];
        return above({
          over: repetitionsOf(settings),
          statement: `Transfer of ${attack.title} grows with ε after its success on the source has saturated`,
          quantity: `Transfer rate at ε = ${budget(largest)} less that at ε = ${budget(saturated)}, the first with ${100 * SATURATED} % of the success on the source at the largest`,
          paper:
            'From ε = 8 to 16 of 255 the number of images that transfer grows by more than 20 %, that of images that fool the source by less than 1 %.',
          // Where success saturates at the largest ε alone, there is nothing to compare.
          values:
            saturated === largest
              ? []
              : after.map((rate, seed) => (rate === undefined || before[seed] === undefined ? undefined : rate - before[seed])),
        });
      }),
    };
  },
};
