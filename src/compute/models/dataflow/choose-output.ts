/** Which of several outputs of a file holds the scores of the classes. @module */
import { ComputeError } from '../../errors.js';
import type { ModelSpec } from '../types.js';

export interface DeclaredOutput {
  readonly name: string;
  /** With the batch in front; null for an open size. Absent where the file does not say. */
  readonly shape?: readonly (number | null)[];
}

/**
 * The output that was named, or the one that may hold the scores of classes by its shape.
 * @param candidates outputs with scores. @param outputs of the file. @throws ComputeError INVALID_MODEL with a list of the outputs.
 */
export function chooseOutput<Candidate extends DeclaredOutput>(
  candidates: readonly Candidate[],
  outputs: readonly DeclaredOutput[],
  { output, classCount }: Partial<ModelSpec>,
): Candidate {
  const refuse = (problem: string) =>
    new ComputeError('INVALID_MODEL', `${problem} It has: ${outputs.map(shown).join(', ')}.`, ['spec', 'output']);
  if (output !== undefined) {
    const named = candidates.find(({ name }) => name === output);
    if (named) return named;
    throw refuse(`No output of the file with scores of classes is named ${output}.`);
  }
  if (candidates.length === 0) throw refuse('None of the outputs of the file holds scores of classes.');
  const fitting = candidates.length === 1 ? candidates : candidates.filter(({ shape }) => mayHoldScores(shape, classCount));
  if (fitting.length === 1) return fitting[0]!;
  throw refuse(
    fitting.length === 0
      ? `No output of the file holds the scores of ${classCount ?? 'two or more'} classes, one row for each image.`
      : 'Several outputs of the file may hold the scores of the classes. Name one in the spec (output), or, where they differ in it, give classCount.',
  );
}

/** Whether it is a vector for each image; where a size is open, it may be. */
function mayHoldScores(shape: DeclaredOutput['shape'], classCount: number | undefined): boolean {
  if (!shape) return true;
  const [size = 1, ...more] = shape.slice(1).filter((length) => length !== 1);
  if (more.length > 0) return false;
  return size === null || (classCount === undefined ? size >= 2 : size === classCount || (classCount === 2 && size === 1));
}

const shown = ({ name, shape }: DeclaredOutput) => (shape ? `${name} [${shape.map((size) => size ?? '?').join(', ')}]` : name);
