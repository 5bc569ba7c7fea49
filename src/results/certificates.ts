/** Certificates of single examples, packed as they are kept on a certification's row, and what is counted in them. @module */
import { type Proportion, wilson } from '../compute/statistics/index.js';
import { effectiveEpsilon, type Norm } from '../compute/distances/index.js';
import { ABSTAINED, type Certificates, isBounds, largestRadius, type Smoothing } from '../compute/evaluation/index.js';
import { joinColumns, type Layout, packColumns, unpackColumns } from './packed.js';

const COLUMNS = [
  ['radii', Float64Array, 1],
  ['labels', Int32Array, 1],
  ['predictions', Int32Array, 1],
  ['agreeing', Int32Array, 1],
  ['samples', Int32Array, 2],
] as const satisfies Layout<keyof Certificates>;

const VERSION = 2;

export const packCertificates = (certificates: Certificates) => packColumns(COLUMNS, VERSION, certificates);

export const unpackCertificates = (packed: Uint8Array) => unpackColumns(COLUMNS, VERSION, packed) as Certificates;

/** Shards in order as one. */
export const joinCertificates = (shards: readonly Certificates[]) => joinColumns(COLUMNS, shards) as Certificates;

/** Share of the examples that keep their right class within an L2 radius. */
export interface CertifiedAccuracy {
  readonly radius: number;
  /** No image of 8 bits at this distance or a shorter one has another class. */
  readonly stored: Proportion;
  /** No image of floats has. */
  readonly float: Proportion;
}

/** At each radius: examples whose certified class is right, and whose radius reaches all images, of 8 bits or of floats, that are no further away. */
export function certifiedAccuracy(
  { count, labels, predictions, radii }: Certificates,
  at: readonly number[],
  norm: Norm = 'L2',
): CertifiedAccuracy[] {
  const reaching = (radius: number) => wilson(labels.filter((label, i) => predictions[i] === label && radii[i]! >= radius).length, count);
  return at.map((radius) => ({ radius, stored: reaching(effectiveEpsilon({ norm, epsilon: radius })), float: reaching(radius) }));
}

const CURVE_POINTS = 21;

/** Radii in equal steps from 0 to the largest that as many samples can certify, or that was certified. */
export function curveRadii(smoothing: Smoothing, { radii }: Pick<Certificates, 'radii'>): number[] {
  const { method = 'SMOOTHING' } = smoothing;
  const largest =
    isBounds(method) || method === 'PREDICT' ? radii.reduce((most, radius) => Math.max(most, radius), 0) : largestRadius(smoothing);
  return Array.from({ length: CURVE_POINTS }, (_, i) => (i / (CURVE_POINTS - 1)) * largest);
}

/** Share of the examples for which no class is certified. */
export const abstentions = ({ count, predictions }: Certificates): Proportion =>
  wilson(predictions.filter((prediction) => prediction === ABSTAINED).length, count);

/** Average certified radius (Zhai et al. 2020, arXiv 2001.02378): 0 for examples whose class is wrong. */
export const averageRadius = ({ count, labels, predictions, radii }: Certificates): number =>
  labels.reduce((sum, label, i) => sum + (predictions[i] === label ? radii[i]! : 0), 0) / count;
