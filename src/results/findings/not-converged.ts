import { parametersBut, placed, titleOf } from './attack-traits.js';
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
  report({ other, onlyOther, onlySubject }) {
    const effort = effortOf(other)
      .map(({ name, value }) => `${String(value)} ${name}`)
      .join(', ');
    const message = `${titleOf(other)} with ${effort} fools ${onlyOther} examples that this one does not, against ${onlySubject}: it was stopped too early. Use the accuracy of the longer attack, and add steps until the accuracy stops falling.`;
    return { severity: 'WARNING', message };
  },
};

function triesHarder(other: ComparedEvaluation, subject: ComparedEvaluation): boolean {
  const [less, more] = [subject, other].map((one) => new Map(effortOf(one).map(({ place, value }) => [place, value as number])));
  const places = [...new Set([...less!.keys(), ...more!.keys()])];
  const isMore = (place: string) => more!.get(place)! > less!.get(place)!;
  return places.some(isMore) && places.every((place) => isMore(place) || more!.get(place) === less!.get(place));
}

const effortOf = ({ parameters }: ComparedEvaluation) =>
  placed(parameters).filter(({ name, value }) => EFFORT.includes(name) && typeof value === 'number');
