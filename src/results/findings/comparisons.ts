/** Compares the evaluations of one model on the same examples with each other. @module */
import { atLeast, holm, mcnemarExact } from '../../compute/statistics/index.js';
import { isWithin } from '../../compute/distances/index.js';
import { comparisonChecks, transferChecks } from './registry.js';
import type { ComparedEvaluation, Comparison, ComparisonCheck, Finding } from './types.js';

/** Chance of any false alarm among all comparisons of a model on a range of a data set (Holm's correction). */
const SIGNIFICANT = 0.01;

interface Test extends Comparison {
  readonly check: ComparisonCheck;
}

/**
 * @param evaluations of one model, on the same examples in the same order.
 * @param transferred what the same model makes of images of these examples that were made on others.
 * @returns what is found about each, by its id: of each check, what speaks loudest.
 */
export function compareEvaluations(
  evaluations: readonly ComparedEvaluation[],
  transferred: readonly ComparedEvaluation[] = [],
): Map<string, Finding[]> {
  const tests = evaluations.flatMap((subject) => {
    const against = (others: readonly ComparedEvaluation[], checks: readonly ComparisonCheck[]) =>
      others.flatMap((other) =>
        checks.filter((check) => subject !== other && check.applies(subject, other)).flatMap((check) => testsOf(check, subject, other)),
      );
    return [...against(evaluations, comparisonChecks), ...against(transferred, transferChecks)];
  });
  const significant = holm(
    tests.map(({ pValue }) => pValue),
    SIGNIFICANT,
  );
  const found = tests.filter((_, i) => significant[i]);
  return new Map(
    evaluations.map((subject) => [
      subject.id,
      [...comparisonChecks, ...transferChecks].flatMap((check) => {
        const [loudest] = found
          .filter((one) => one.check === check && one.subject === subject)
          .sort((a, b) => a.pValue - b.pValue || (a.other.id < b.other.id ? -1 : 1));
        return loudest ? [findingOf(loudest)] : [];
      }),
    ]),
  );
}

/** Each test of a check: that the other fools more, and, where only so many may be missed, that more are. */
function testsOf(check: ComparisonCheck, subject: ComparedEvaluation, other: ComparedEvaluation): Test[] {
  const n = subject.right.length;
  let [onlyOther, onlySubject] = [0, 0];
  for (let i = 0; i < n; i++) {
    const isFooled = other.right[i] === 0 && isWithin(other.distances, i, subject.budget, subject.imageSize);
    if (isFooled && subject.right[i] === 1) onlyOther++;
    else if (!isFooled && subject.right[i] === 0) onlySubject++;
  }
  const missed = check.tolerated === undefined ? [] : [atLeast(onlyOther, n, check.tolerated)];
  return [mcnemarExact(onlyOther, onlySubject), ...missed].map((pValue) => ({ check, subject, other, onlyOther, onlySubject, pValue }));
}

function findingOf(found: Test): Finding {
  const { check, subject, other, onlyOther, onlySubject, pValue } = found;
  return {
    code: check.code,
    ...check.report(found),
    evidence: { attack: other.attack.kind, onlyOther, onlySubject, pValue, n: subject.right.length },
    comparedWith: other.id,
  };
}
