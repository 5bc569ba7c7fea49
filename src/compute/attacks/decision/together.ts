/** Searches by decisions that are written for one example, and asked for all together: each yields a question, and goes on when that is answered. @module */
import type { BlackBox } from '../core/black-box.js';
import { JUDGED_QUERIES } from './take-judged.js';

/** Images of one example to ask about. */
export interface Question {
  readonly count: number;
  /** Writes the image. */
  draw(at: number, image: Float32Array): void;
  /** Is told whether it reaches the goal. */
  see(at: number, image: Float32Array, isReached: boolean): void;
}

/** @typeParam Result what a part of a search returns to the whole. */
export type Asking<Result = void> = Generator<Question, Result, void>;

/** Asks about one image. @returns whether it reaches the goal. */
export function* isReachedBy(write: (image: Float32Array) => void): Asking<boolean> {
  let answer = false;
  yield { count: 1, draw: (_, image) => write(image), see: (_at, _image, isReached) => (answer = isReached) };
  return answer;
}

/** Bisection between a value that does not reach the goal and one that does. @param ask about the image of a value. @returns the second, near the first. */
export function* bisected(low: number, high: number, tolerance: number, ask: (value: number) => Asking<boolean>): Asking<number> {
  let [right, wrong] = [low, high];
  while (wrong - right > tolerance) {
    const middle = (right + wrong) / 2;
    if (middle === right || middle === wrong) break;
    if (yield* ask(middle)) wrong = middle;
    else right = middle;
  }
  return wrong;
}

/**
 * Runs searches until each has ended or could not ask its next question and still {@link JUDGED_QUERIES} more.
 * @param searchOf the search of an example.
 */
export async function searchTogether(box: BlackBox, examples: Int32Array, searchOf: (example: number) => Asking): Promise<void> {
  const open = Array.from(examples, (example) => ({ example, search: searchOf(example) }));
  const next = ({ example, search }: (typeof open)[number]) => {
    const { value, done } = search.next();
    return done || box.left(example) < value.count + JUDGED_QUERIES ? [] : [{ example, search, question: value }];
  };
  for (let asking = open.flatMap(next); asking.length > 0; asking = asking.flatMap(next)) {
    const rows = asking.flatMap(({ question, example }) => Array.from({ length: question.count }, (_, at) => ({ question, example, at })));
    await box.decisions(
      Int32Array.from(rows, ({ example }) => example),
      (row, image) => rows[row]!.question.draw(rows[row]!.at, image),
      (row, image, predicted) => {
        const { question, example, at } = rows[row]!;
        question.see(at, image, box.isReached(example, predicted));
      },
    );
  }
}
