/** Which part of a published corrupted data set is of which corruption. @module */
import { basename, dirname } from 'node:path';
import { ComputeError } from '../errors.js';
import { cifar10C } from './cifar10-c.js';
import { findCorruption, SEVERITIES } from './corruptions/registry.js';
import { imagenetC } from './imagenet-c.js';
import type { DatasetSource } from './types.js';

export interface CorruptedPart {
  readonly kind: string;
  readonly severity: number;
  /** Of its first example. */
  readonly offset: number;
}

/** Kinds in the order of the files, by format. */
const KINDS: Readonly<Record<string, (files: readonly string[]) => string[]>> = {
  [cifar10C.name]: ([, ...arrays]) => arrays.map((path) => basename(path, '.npy')),
  [imagenetC.name]: (parts) => [...new Set(parts.map((part) => basename(dirname(part))))],
};

export const hasCorruptedParts = (format: string) => format in KINDS;

/** @param exampleCount of the data set, of whose parts all have equally many. @throws ComputeError INVALID_DATASET */
export async function corruptedParts(source: DatasetSource, exampleCount: number): Promise<CorruptedPart[]> {
  const format = [cifar10C, imagenetC].find(({ name }) => name === source.format);
  if (!format) throw new ComputeError('INVALID_DATASET', `${source.format} has no corrupted images as they were published.`, ['format']);
  const kinds = KINDS[format.name]!(await format.files(source)).map((name) => findCorruption(name.toUpperCase()).kind);
  const count = exampleCount / (kinds.length * SEVERITIES.length);
  if (!Number.isInteger(count))
    throw new ComputeError('INVALID_DATASET', `The files of ${format.title} have changed. Restore them, or register it again.`);
  return kinds.flatMap((kind, k) => SEVERITIES.map((severity, s) => ({ kind, severity, offset: (k * SEVERITIES.length + s) * count })));
}
