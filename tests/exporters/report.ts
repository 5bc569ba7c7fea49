/** What came of all networks, as text. */
import { VERDICTS, type Verdict } from './verdict.js';

/** Verdicts that a network must reach, by its name. */
export type Expected = Readonly<Record<string, string>>;

/** A row for each exporter: how many networks, and how they ended. */
export function table(verdicts: readonly Verdict[]): string {
  const exporters = [...new Set(verdicts.map(({ exporter }) => exporter))];
  const row = (name: string, of: readonly Verdict[]) => {
    const exported = of.filter(({ verdict }) => verdict !== 'NOT_EXPORTED').length;
    const cells = VERDICTS.map((verdict) => {
      const count = of.filter((one) => one.verdict === verdict).length;
      return verdict === 'NOT_EXPORTED' || exported === 0 ? `${count}` : `${count} (${Math.round((100 * count) / exported)} %)`;
    });
    return `| ${[name, exported, ...cells].join(' | ')} |`;
  };
  return [
    `| exporter | networks | ${VERDICTS.join(' | ')} |`,
    `| --- |${' ---: |'.repeat(VERDICTS.length + 1)}`,
    ...exporters.map((name) =>
      row(
        name,
        verdicts.filter(({ exporter }) => exporter === name),
      ),
    ),
    row('all', verdicts),
  ].join('\n');
}

/** One network in a line, with what the server or the exporter says. */
export function line({ name, exporter, verdict, code, message, differences, fgsmAgreement, seconds }: Verdict): string {
  const numbers = [
    differences && `scores ${differences.forward.toExponential(0)}`,
    differences?.gradient !== undefined && `gradients ${differences.gradient.toExponential(0)}, cosine ${differences.cosine!.toFixed(6)}`,
    fgsmAgreement !== undefined && `FGSM ${fgsmAgreement}`,
  ].filter(Boolean);
  const said = [code, message].filter(Boolean).join(': ');
  return [`${verdict} ${name} (${exporter}), ${seconds.toFixed(0)} s`, ...numbers, said].filter(Boolean).join('; ');
}

/** @returns names of networks that end worse than they are expected to, or wrong. */
export function failures(verdicts: readonly Verdict[], expected: Expected): string[] {
  const rank = (verdict: string) => VERDICTS.findIndex((name) => name === verdict);
  const worse = ({ name, verdict }: Verdict) =>
    verdict === 'WRONG' || (expected[name] !== undefined && rank(verdict) > rank(expected[name]));
  return verdicts.filter(worse).map(({ name, verdict }) => `${name}: ${verdict}, expected ${expected[name] ?? 'not WRONG'}`);
}
