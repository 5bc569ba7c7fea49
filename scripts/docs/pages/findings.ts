/** Every automatic check, from the registry. @module */
import { certificationChecks, comparisonChecks, findingChecks, transferChecks } from '../../../src/results/findings/registry.js';
import { type GeneratedPage, prose, table } from '../page.js';

interface Check {
  readonly code: string;
  readonly description: string;
}

const SECTIONS: readonly { readonly title: string; readonly about: string; readonly checks: readonly Check[] }[] = [
  {
    title: 'Checks of one evaluation',
    about: 'They look at one evaluation: its outcomes, and what the model does to clean images.',
    checks: findingChecks,
  },
  {
    title: 'Comparisons of evaluations of one model',
    about:
      'They compare an evaluation with the others of the same model on the same examples, each time one finishes. The tests are exact McNemar tests with ' +
      "Holm's correction, at 1 % in total. The finding is kept on the evaluation whose number is too good; `comparedWith` is the one that shows it.",
    checks: comparisonChecks,
  },
  { title: 'Comparisons with transfers', about: 'The other images were made on another model.', checks: transferChecks },
  { title: 'Checks of certifications', about: '`Certification.findings` has them.', checks: certificationChecks },
];

export const findingPage: GeneratedPage = {
  file: 'reference/findings.md',
  source: 'src/results/findings',
  render() {
    return [
      '# Findings',
      'A finding says that a number should not be believed yet, or is known too roughly. `Evaluation.findings` has its code, severity, message and evidence; the message says what to do. ' +
        'A guide: [is my defence real?](../guide/is-my-defence-real.md)',
      table(
        ['code', 'what was found'],
        SECTIONS.flatMap(({ checks }) =>
          checks.map((check) => [`[\`${check.code}\`](#${check.code.toLowerCase()})`, prose(check.description)]),
        ),
      ),
      ...SECTIONS.flatMap(({ title, about, checks }) => [
        `## ${title}`,
        about,
        ...checks.flatMap((check) => [`### ${check.code}`, prose(check.description)]),
      ]),
    ].join('\n\n');
  },
};
