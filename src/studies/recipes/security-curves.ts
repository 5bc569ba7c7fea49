/** Security curves of support vector machines and a network over d_max (Biggio et al. 2013, arXiv 1708.06131, section 4). @module */
import { classifierTasks, FITTED, SMALL_IMAGES } from '../classifiers.js';
import { Accuracies, differences, evaluations, meanOver, type NamedAttack, trainings } from '../grid.js';
import { plain } from '../networks.js';
import type { Recipe } from '../types.js';
import { above } from '../verdicts.js';

const CLASSIFIERS = { 'linear SVM': { name: 'linearSvm', parameters: {} }, 'RBF SVM': { name: 'svm', parameters: {} } };
const NAMES = [...Object.keys(CLASSIFIERS), 'network'];

/** Sums of changes of pixel values: up to 5000 of 255 in the paper. */
const MOST = [2.5, 5, 10, 20];

const attack = (title: string, lambda: number): NamedAttack => ({ title, kind: 'BIGGIO_L1', parameters: { lambda } });
const PLAIN = attack('descent', 0);
const WITH_DENSITY = attack('descent with density', 10);

export const securityCurves: Recipe = {
  name: 'security-curves',
  title: 'Security curves of support vector machines and a network',
  claim:
    'Gradient descent on the discriminant evades support vector machines and networks within a distance d_max, and following the density of the other class helps where the gradient alone misleads (Biggio et al. 2013).',
  criteria: `Accuracy over d_max, in L1, of classifiers fitted to ${FITTED} images and of the scale's network, with all classes, where the paper tells 3 from 7 with 100 images and has ten hidden units. λ = 10 and h = 10 are this project's defaults.`,
  version: 1,
  scales: SMALL_IMAGES,

  plan: (settings) => [
    ...trainings({ network: plain(settings) }, settings),
    ...classifierTasks(CLASSIFIERS, settings),
    ...evaluations(NAMES, [PLAIN, WITH_DENSITY], settings, { epsilons: MOST }),
  ],

  report(outcomes, settings) {
    const accuracies = new Accuracies(outcomes, settings);
    const most = MOST.at(-1)!;
    return {
      tables: [accuracies.table('Accuracy under descent within d_max', NAMES, [PLAIN, WITH_DENSITY], MOST)],
      plots: [PLAIN, WITH_DENSITY].map((each) => ({
        title: `Security curves, ${each.title}`,
        xTitle: 'd_max',
        yTitle: 'accuracy',
        series: NAMES.map((name) => ({ name, points: accuracies.curve(name, each, MOST) })),
      })),
      verdicts: [
        ...NAMES.map((name) =>
          above({
            statement: `Gradient descent evades the ${name}`,
            quantity: `Accuracy on clean images less that under descent with d_max = ${most}`,
            paper: 'Nearly all of what is malicious evades at the largest d_max.',
            values: differences(accuracies.clean(name, PLAIN, most), accuracies.under(name, PLAIN, most)),
            bound: 0.5,
          }),
        ),
        above({
          statement: 'The density of the other class helps against the RBF SVM',
          quantity: 'Accuracy of the RBF SVM under descent less that under descent with density, mean over d_max',
          paper: 'With λ > 0 descent evades more often where the discriminant is flat.',
          values: differences(
            meanOver(MOST, (each) => accuracies.under('RBF SVM', PLAIN, each)),
            meanOver(MOST, (each) => accuracies.under('RBF SVM', WITH_DENSITY, each)),
          ),
        }),
      ],
    };
  },
};
