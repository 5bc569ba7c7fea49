/** F7: what matters in adversarial training (Kurakin et al. 2016, section 4.2 and appendix). @module */
import { STEP_LL } from '../attacks.js';
import { Accuracies, differences, evaluations, meanOver, trainings } from '../grid.js';
import { adversarial } from '../networks.js';
import type { Network, Recipe, Settings, Table } from '../types.js';
import { above } from '../verdicts.js';

const PAPER = 'as in the paper';

/** What counts as little. */
const LITTLE = 0.02;

/** One thing is changed in each, by groups; the paper's choice is the first of every table. */
function groups(settings: Settings): Record<string, Record<string, Network>> {
  const { batchSize: m, architecture } = settings;
  const withArchitecture = (changes: Partial<Network['architecture']>) =>
    adversarial({ ...settings, architecture: { ...architecture, ...changes } });
  const delays = [0, 2 / 15, 4 / 15];
  const shares = [1 / 4, 3 / 4, 1];
  return {
    'Delay of adversarial training': Object.fromEntries(
      delays.map((delay) => [`delay of ${fraction(delay * 15, 15)} of the steps`, adversarial(settings, { delay })]),
    ),
    'Adversarial images in a minibatch': Object.fromEntries(
      shares.map((share) => [kOf(share), adversarial(settings, { k: Math.round(share * m) })]),
    ),
    'Activation function': {
      tanh: withArchitecture({ activation: 'tanh' }),
      relu6: withArchitecture({ activation: 'relu6' }),
      ELU: withArchitecture({ activation: 'elu' }),
      'ReluDecay, β = 0.1': withArchitecture({ activation: 'reluDecay', activationBeta: 0.1 }),
    },
    Dropout: Object.fromEntries([0, 0.5].map((dropout) => [`dropout of ${dropout}`, withArchitecture({ dropout })])),
    'Label smoothing': {
      'label smoothing 0.1': adversarial(settings, {}, undefined, { regularisation: { labelSmoothing: 0.1 } }),
      'label smoothing 0': adversarial(settings, {}, undefined, { regularisation: { labelSmoothing: 0 } }),
    },
  };
}

const fraction = (numerator: number, denominator: number) => (numerator === 0 ? '0' : `${Math.round(numerator)}/${denominator}`);
const kOf = (share: number) => `k = ${share === 1 ? 'm' : `${fraction(share * 4, 4)} m`}`;

function networks(settings: Settings): Record<string, Network> {
  return Object.assign({ [PAPER]: adversarial(settings) }, ...Object.values(groups(settings))) as Record<string, Network>;
}

export const f7: Recipe = {
  name: 'F7',
  title: 'What matters in adversarial training',
  claim:
    'More than half of a minibatch adversarial costs clean accuracy and gains little; delay, activation function, dropout and label smoothing are tabulated.',
  criteria:
    'For a minibatch of adversarial images alone against one of which half are: that clean accuracy falls, and that accuracy under step l.l. rises by less than two points, as a mean over ε. All else has no verdict. The first can be decided only where clean accuracy has room to fall: on MNIST it is 99 % either way, and no number of seeds decides it. The second stays open where the rise is about two points, as on MNIST.',
  version: 1,

  plan: (settings) => [...trainings(networks(settings), settings), ...evaluations(Object.keys(networks(settings)), [STEP_LL], settings)],

  report(outcomes, settings) {
    const { epsilons } = settings;
    const accuracies = new Accuracies(outcomes, settings);
    const clean = (network: string) => accuracies.clean(network, STEP_LL, epsilons[0]!);
    const robust = (network: string) => meanOver(epsilons, (epsilon) => accuracies.under(network, STEP_LL, epsilon));
    const tables: Table[] = Object.entries(groups(settings)).map(([title, group]) =>
      accuracies.table(`${title}: top-1 accuracy`, [PAPER, ...Object.keys(group)], [STEP_LL], epsilons),
    );
    const all = kOf(1);
    return {
      tables,
      plots: [],
      verdicts: [
        above({
          statement: 'A minibatch of adversarial images alone costs clean accuracy',
          quantity: 'Clean accuracy with k = m/2 less that with k = m',
          paper: 'Beyond half of the minibatch, clean accuracy falls.',
          values: differences(clean(PAPER), clean(all)),
        }),
        above({
          statement: 'It gains little accuracy under step l.l.',
          quantity: `${LITTLE} less the accuracy under step l.l., mean over ε, that k = m adds to k = m/2`,
          paper: 'Beyond half of the minibatch, accuracy under attack hardly rises.',
          values: differences(robust(PAPER), robust(all)).map((value) => value + LITTLE),
        }),
      ],
    };
  },
};
