/** What a gate found, as JUnit XML and as Markdown. @module */
import type { Evaluation } from '../../gauntlet.js';
import { attackTitle, percent } from '../output.js';
import { modelTitle } from '../request.js';
import type { Check } from './checks.js';

const ENTITIES: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;', '\n': '&#10;' };
const xml = (text: string) => text.replace(/[<>&"\n]/g, (character) => ENTITIES[character]!);
const cell = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('\n', ' ');

/** A case for each check. */
export function junit(checks: readonly Check[]): string {
  const cases = checks.map(({ model, name, passed, message }) => {
    const start = `<testcase classname="${xml(`gauntlet.${model}`)}" name="${xml(name)}"`;
    return passed ? `${start} />` : `${start}><failure message="${xml(message)}">${xml(message)}</failure></testcase>`;
  });
  const failures = checks.filter(({ passed }) => !passed).length;
  const suite = `<testsuite name="gauntlet" tests="${checks.length}" failures="${failures}">${cases.join('')}</testsuite>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>${suite}</testsuites>\n`;
}

/** The checks, the evaluations, and accuracy against budget. @param url of the server, whose pages are linked. */
export function markdown(checks: readonly Check[], evaluations: readonly Evaluation[], url: string): string {
  const failures = checks.filter(({ passed }) => !passed).length;
  const verdict = failures === 0 ? 'passed' : `failed: ${failures} of ${checks.length} checks`;
  return `${[
    `## Robustness gate ${verdict}`,
    '',
    '| | model | check | |',
    '| --- | --- | --- | --- |',
    ...checks.map(({ passed, model, name, message }) => `| ${passed ? '✅' : '❌'} | ${cell(model)} | ${cell(name)} | ${cell(message)} |`),
    '',
    '| model | attack | n | clean | under attack |',
    '| --- | --- | --- | --- | --- |',
    ...evaluations.map(
      ({ id, model, attack, sampleCount, clean, adversarial }) =>
        `| ${cell(modelTitle(model))} | [${cell(attackTitle(attack))}](${url}/evaluations/${id}) | ${sampleCount} | ${percent(clean?.top1)} | ${percent(adversarial?.top1)} |`,
    ),
    '',
    ...curves(evaluations),
  ].join('\n')}\n`;
}

/** A curve for each model and attack, as Mermaid draws it where summaries are shown. */
function curves(evaluations: readonly Evaluation[]): string[] {
  const found = new Map<string, Map<number, number>>();
  for (const { model, attack, clean, adversarial } of evaluations) {
    if (attack.epsilon === null || !adversarial || adversarial.top1.value === null) continue;
    const title = `${modelTitle(model)}: accuracy under ${attack.kind}`.replaceAll('"', "'");
    const curve = found.get(title) ?? new Map<number, number>();
    found.set(title, curve);
    curve.set(Number(attack.epsilon), adversarial.top1.value);
    if (clean && clean.top1.value !== null) curve.set(0, clean.top1.value);
  }
  return [...found]
    .filter(([, curve]) => curve.size > 2)
    .flatMap(([title, curve]) => {
      const points = [...curve].sort(([a], [b]) => a - b);
      return [
        '```mermaid',
        'xychart-beta',
        `  title "${title}"`,
        `  x-axis "ε" [${points.map(([epsilon]) => Number(epsilon.toPrecision(4))).join(', ')}]`,
        '  y-axis "accuracy" 0 --> 1',
        `  line [${points.map(([, accuracy]) => accuracy.toFixed(4)).join(', ')}]`,
        '```',
        '',
      ];
    });
}
