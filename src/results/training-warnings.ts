/** What users should know of a training run. @module */
import { mayStop, type TrainingPlan, type ValidationPoint } from '../compute/training/index.js';
import { wilson } from '../compute/statistics/index.js';
import { percent } from './findings/percent.js';

interface Point extends ValidationPoint {
  readonly step: number;
  readonly loss: number;
}

interface TrainedDataset {
  readonly name: string;
  readonly split: string;
  readonly classNames: readonly string[];
}

/** A loss above that of guessing by this factor is that of no scheme which learns: adversarial and weighted terms make it a few times as large. */
const FAR_ABOVE = 10;

/** @param series points in the order of steps. @param datasets that are trained on, all of the same classes. */
export function trainingWarnings(series: readonly Point[], plan: TrainingPlan, datasets: readonly TrainedDataset[]): string[] {
  const ofSplit = datasets
    .filter(({ split }) => split === 'TEST')
    .map(({ name }) => `The run trains on "${name}", a data set of test images: evaluations of the model on it are no test of it.`);
  const point = weightsOf(series, plan);
  return point ? [...ofSplit, ...learned(point, plan, datasets[0]!.classNames.length)] : ofSplit;
}

/** The point whose weights the model has. */
function weightsOf(series: readonly Point[], { stopping }: TrainingPlan): Point | undefined {
  if (!mayStop(stopping)) return series.at(-1);
  return series.reduce<Point | undefined>(
    (best, point) => (best && best.iterativeAccuracy >= point.iterativeAccuracy ? best : point),
    undefined,
  );
}

function learned({ step, loss, cleanAccuracy }: Point, { validation: { count } }: TrainingPlan, classCount: number): string[] {
  const { lower } = wilson(Math.round(cleanAccuracy * count), count);
  if (lower! > 1 / classCount) return [];
  const guessing = `at step ${step} the network is right on ${percent(cleanAccuracy)} of ${count} validation images, which is no more than guessing among ${classCount} classes`;
  const chance = Math.log(classCount);
  return loss > FAR_ABOVE * chance
    ? [
        `Training diverged: ${guessing}, and the loss is ${loss.toPrecision(3)}, where guessing has ${chance.toPrecision(3)}. Lower the learning rate, or clip gradients.`,
      ]
    : [`The network has not learned: ${guessing}. Train for more steps, or with another learning rate.`];
}
