/**
 * A model's entry as RobustBench keeps them: `model_info/<dataset>/<threat>/<model>.json` of github.com/RobustBench/robustbench (Croce et al. 2021, arXiv 2010.09670).
 * What the card of the model does not say (paper, authors, venue) is left out.
 * @module
 */
import { formatMagnitude, type ParameterValues, validateParameters } from '../../compute/parameters/index.js';
import { findAttack } from '../../compute/attacks/index.js';
import { effectiveEpsilonOf } from '../../results/budget.js';
import { robustBenchDataset, robustBenchModel } from '../../results/robustbench-info.js';
import { cardOf, findingsOf } from '../../storage/json.js';
import type { ExportedEvaluation } from './evaluation-columns.js';

/** The attack whose accuracy the leaderboard is about, by norm. */
export const STANDARD_ATTACKS = { LINF: 'AUTO_ATTACK_LINF', L2: 'AUTO_ATTACK_L2' } as const;

/** Its parameters. Runs with others, which may be cheaper and weaker, are not what the leaderboard compares. */
export function standardParameters(norm: keyof typeof STANDARD_ATTACKS, epsilon: number): ParameterValues {
  const parameters = validateParameters(findAttack(STANDARD_ATTACKS[norm]), { epsilon });
  // As evaluations store them: without those that the standard version sets.
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
}

const JUDGED = {
  STORED: 'Success was decided on images rounded to 8 bits, where RobustBench takes floats.',
  FLOAT: 'Success was decided on floats, as RobustBench does.',
} as const;

/**
 * @param evaluation by the standard attack. @param bestKnown examples that are right under everything that is known inside the threat model, imported and
 * transferred images included.
 */
export function robustBenchEntry(evaluation: ExportedEvaluation, bestKnown: number) {
  const { model, dataset, sampleCount, cleanTop1, adversarialTop1, norm } = evaluation;
  const percent = (count: number | null) => ((100 * count!) / sampleCount).toFixed(2);
  const findings = findingsOf(evaluation)!.map(({ code, severity, message }) => ({ code, severity, message }));
  const errors = findings.filter(({ severity }) => severity !== 'INFO');
  return {
    ...robustBenchModel({ name: model.name, architecture: model.architecture, card: cardOf(model) ?? {} }),
    dataset: robustBenchDataset(dataset.format),
    threat_model: norm === 'LINF' ? 'Linf' : 'L2',
    eps: formatMagnitude(evaluation.epsilon!),
    effective_eps: formatMagnitude(effectiveEpsilonOf(evaluation, dataset)!),
    number_forward_passes: evaluation.predictions,
    clean_acc: percent(cleanTop1),
    autoattack_acc: percent(adversarialTop1),
    // The best known robust accuracy, where another evaluation has a lower one.
    external: bestKnown < adversarialTop1! ? percent(bestKnown) : undefined,
    unreliable: errors.length > 0,
    judging: evaluation.judging,
    footnote: [
      `${sampleCount} examples from ${evaluation.offset} on, seed ${evaluation.seed}.`,
      JUDGED[evaluation.judging],
      ...errors.map(({ code, message }) => `${code}: ${message}`),
    ].join(' '),
    findings,
  };
}
