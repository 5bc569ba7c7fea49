/** All transformations. A new one is one file here and one line below. @module */
import { ComputeError } from '../../errors.js';
import { blur } from './blur.js';
import { brightness } from './brightness.js';
import { contrast } from './contrast.js';
import { jpeg } from './jpeg.js';
import { noise } from './noise.js';
import type { Transformation, TransformationStep } from './types.js';

export const transformations: readonly Transformation[] = [brightness, contrast, blur, noise, jpeg];

/** @throws ComputeError INVALID_TRANSFORMATION with the name as path, saying what is allowed. */
export function findTransformation({ name, amount }: TransformationStep): Transformation {
  const found = transformations.find((candidate) => candidate.name === name);
  if (!found) throw invalid(`There is no transformation "${name}". Known: ${transformations.map((known) => known.name).join(', ')}.`, name);
  if (!(amount >= found.minimum && amount <= found.maximum)) {
    throw invalid(`"${name}" is ${amount}. Give a number from ${found.minimum} to ${found.maximum}.`, name);
  }
  return found;
}

const invalid = (message: string, name: string) => new ComputeError('INVALID_TRANSFORMATION', message, [name]);
