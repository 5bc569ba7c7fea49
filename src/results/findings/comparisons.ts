/** Compares the evaluations of one model on the same examples with each other. @module */
import { holm } from '../../compute/metrics/holm.js';
import { mcnemarExact } from '../../compute/metrics/mcnemar.js';
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
        checks.filter((check) => subject !== other && check.applies(subject, other)).map((check) => test(check, subject, other)),
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

function test(check: ComparisonCheck, subject: ComparedEvaluation, other: ComparedEvaluation): Test {
  let [onlyOther, onlySubject] = [0, 0];
  for (let i = 0; i < subject.right.length; i++) {
    if (subject.right[i]! > other.right[i]!) onlyOther++;
    else if (subject.right[i]! < other.right[i]!) onlySubject++;
  }
  return { check, subject, other, onlyOther, onlySubject, pValue: mcnemarExact(onlyOther, onlySubject) };
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
