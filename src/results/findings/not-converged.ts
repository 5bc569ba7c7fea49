import { parametersBut, titleOf } from './attack-traits.js';
import type { ComparedEvaluation, ComparisonCheck } from './types.js';

/** Parameters that only say how long an attack tries. */
const EFFORT = ['steps', 'restarts', 'queries', 'targets'];

/** Carlini et al. 2019, and Tramèr et al. 2020 (arXiv 2002.08347): run attacks until more steps and restarts change nothing. */
export const notConverged: ComparisonCheck = {
  code: 'NOT_CONVERGED',
  description: 'The same attack with more steps, restarts or queries fools significantly more examples.',
  applies: (subject, other) =>
    subject.attack.kind === other.attack.kind &&
    parametersBut(subject, EFFORT) === parametersBut(other, EFFORT) &&
    triesHarder(other, subject),
  report: ({ other, onlyOther, onlySubject }) => ({
    severity: 'WARNING',
    message: `${titleOf(other)} with ${effortOf(other)} fools ${onlyOther} examples that this one does not, against ${onlySubject}: it was stopped too early. Use the accuracy of the longer attack, and go on until it falls no more.`,
  }),
};

function triesHarder(other: ComparedEvaluation, subject: ComparedEvaluation): boolean {
  const pairs = EFFORT.map((name) => [subject.parameters[name], other.parameters[name]] as const);
  const isLess = ([less, more]: readonly [unknown, unknown]) => typeof less === 'number' && typeof more === 'number' && less < more;
  return pairs.some(isLess) && pairs.every((pair) => pair[0] === pair[1] || isLess(pair));
}

function effortOf({ parameters }: ComparedEvaluation): string {
  const given = EFFORT.filter((name) => typeof parameters[name] === 'number');
  return given.map((name) => `${String(parameters[name])} ${name}`).join(', ');
}
