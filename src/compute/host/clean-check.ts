/** Whether a submitted model is right on clean images and, where it is not, what would bring it back. @module */
import type { Engine } from '../engine/index.js';
import { isNearChance } from '../evaluation/index.js';
import {
  type AnyModel,
  asIfPrepared,
  type CleanCheck,
  describePreparation,
  type PixelPreparation,
  type TriedPreparation,
  usualPreparations,
} from '../models/index.js';
import { wilson } from '../statistics/index.js';
import { argmaxRows } from '../tensors/index.js';
import { findOrder } from './class-order.js';
import { scoresOf, type TrialExamples } from './trial-examples.js';

/** What other images of the same kind may cost. */
const TOLERATED = 0.02;

/** @param expected accuracy, from 0 to 1. */
export async function checkCleanAccuracy(engine: Engine, model: AnyModel, examples: TrialExamples, expected?: number): Promise<CleanCheck> {
  const { name: dataset, images, labels, classNames } = examples;
  const { spec } = model;
  const n = labels.length;
  const classesWith = async (wanted: PixelPreparation) =>
    argmaxRows(await scoresOf(engine, model, asIfPrepared(images, spec, wanted, spec.inputShape)));
  const count = (classes: Int32Array) => classes.filter((label, i) => label === labels[i]).length;
  const isLow = (right: number) =>
    expected === undefined ? isNearChance(right / n, spec.classCount) : wilson(right, n).upper < expected - TOLERATED;
  const own = await classesWith(spec);
  const right = count(own);
  const found = { dataset, n, right };
  if (!isLow(right)) return { ...found, isPoor: false, tried: [], best: null, order: null };
  const tried: TriedPreparation[] = [];
  let order = findOrder(own, labels, classNames);
  for (const preparation of usualPreparations(spec, spec.inputShape)) {
    const classes = await classesWith(preparation);
    tried.push({ ...preparation, right: count(classes) });
  }
  const best = tried.reduce((most, { right: one }, i) => (most === null || one > tried[most]!.right ? i : most), null as number | null);
  const helps = best !== null && isMuchBetter(tried[best]!.right, right, n) && !isNearChance(tried[best]!.right / n, spec.classCount);
  // Where pixels explain more than the order of the classes does, they are the cause.
  if (order && helps && tried[best]!.right / n >= order.right / order.n) order = null;
  return { ...found, isPoor: true, tried, best: helps && !order ? best : null, order };
}

const isMuchBetter = (one: number, other: number, n: number) => wilson(one, n).lower > wilson(other, n).upper;

/** For the model's warnings. */
export function cleanCheckWarnings(
  spec: AnyModel['spec'],
  { dataset, n, right, isPoor, tried, best, order }: CleanCheck,
  expected?: number,
): string[] {
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  if (best !== null) {
    const wanted = tried[best]!;
    const change = describePreparation(wanted, spec);
    const isRange = change === `valueRange [${wanted.valueRange.join(', ')}]`;
    const given = isRange ? `valueRange [${spec.valueRange.join(', ')}]` : 'the given preparation of pixels';
    const other = isRange ? `[${wanted.valueRange.join(', ')}]` : change;
    return [
      `With ${given} the model is right on ${percent(right / n)} of ${n} images of ${dataset}, with ${other} on ${percent(wanted.right / n)}. Submit it with ${change}.`,
    ];
  }
  if (order) {
    return [
      `The model is right on ${percent(right / n)} of ${n} images of ${dataset}, and on ${percent(order.right / order.n)} with its classes ${order.description}: their order differs from that of the data set. Submit it with a classMap.`,
    ];
  }
  if (!isPoor || expected === undefined) return [];
  return [
    `The model is right on ${percent(right / n)} of ${n} images of ${dataset}, and ${percent(expected)} were expected. None of ${tried.length} usual preparations of pixels brings it back: check mean and std of its training, the order of classes, and that the data set is the one that it was trained for.`,
  ];
}
