/** Bounds of a gate on what was measured. @module */
import { GauntletError } from '../../errors.js';
import type { Evaluation, Gauntlet, Model } from '../../gauntlet.js';
import {
  CompareModelsDocument,
  FindingKindsDocument,
  WorstCaseDocument,
  type FindingSeverity,
  type ProportionPartsFragment,
} from '../../generated.js';
import { attackTitle, percent } from '../output.js';
import { modelTitle } from '../request.js';
import type { Gate } from './file.js';

/** One bound on one model. */
export interface Check {
  readonly model: string;
  readonly name: string;
  readonly passed: boolean;
  readonly message: string;
}

/** The model to compare with, and its evaluations. */
interface Baseline {
  readonly model: Model;
  readonly rows: readonly Evaluation[];
}

const SEVERITIES: readonly FindingSeverity[] = ['INFO', 'WARNING', 'ERROR'];

/** @throws GauntletError where a bound is on what no evaluation has, and would always hold. */
export async function checkBounds(gauntlet: Gauntlet, { bounds }: Gate, evaluations: readonly Evaluation[]): Promise<void> {
  const { robustAccuracy, findings } = bounds;
  if (typeof robustAccuracy === 'object') {
    const budgets = [...new Set(evaluations.flatMap(({ attack }) => attack.epsilonText ?? []))];
    for (const text of Object.keys(robustAccuracy))
      if (!evaluations.some((row) => hasBudget(row, text)))
        throw new GauntletError(
          'INVALID_ARGUMENT',
          `bounds.robustAccuracy: No attack has the budget ${text}. There are: ${budgets.join(', ') || 'none'}.`,
        );
  }
  if (!Array.isArray(findings)) return;
  const codes = (await gauntlet.request(FindingKindsDocument, {})).findingKinds.map(({ code }) => code);
  const unknown = findings.find((code) => !codes.includes(code));
  if (unknown !== undefined)
    throw new GauntletError('INVALID_ARGUMENT', `bounds.findings: There is no finding "${unknown}". There are: ${codes.join(', ')}.`);
}

const hasBudget = ({ attack: { epsilon } }: Evaluation, text: string) => Math.abs(sizeOf(text) - Number(epsilon ?? NaN)) < 1e-9;

/** @param rows the model's evaluations. */
export async function checksOf(
  gauntlet: Gauntlet,
  gate: Gate,
  datasetId: string,
  model: Model,
  rows: readonly Evaluation[],
  baseline?: Baseline,
): Promise<Check[]> {
  const { bounds } = gate;
  return [
    ...accuracies(bounds, model, rows),
    ...(bounds.worstCase === undefined ? [] : [await worstCase(gauntlet, datasetId, model, rows, bounds.worstCase)]),
    ...(bounds.findings === undefined ? [] : [findings(bounds.findings, model, rows)]),
    ...(bounds.fall && baseline && baseline.model.id !== model.id
      ? await falls(gauntlet, bounds.fall, datasetId, model, baseline, rows)
      : []),
  ];
}

function accuracies({ cleanAccuracy, robustAccuracy }: Gate['bounds'], model: Model, rows: readonly Evaluation[]): Check[] {
  const clean = rows[0]?.clean?.top1;
  const checks = cleanAccuracy === undefined || !clean ? [] : [atLeast(model, 'clean accuracy', clean, cleanAccuracy)];
  for (const row of rows) {
    const bound = boundOf(robustAccuracy, row);
    if (bound !== undefined && row.adversarial)
      checks.push(atLeast(model, `robust accuracy, ${attackTitle(row.attack)}`, row.adversarial.top1, bound));
  }
  return checks;
}

function boundOf(bounds: Gate['bounds']['robustAccuracy'], row: Evaluation): number | undefined {
  if (typeof bounds !== 'object') return bounds;
  return Object.entries(bounds).find(([text]) => hasBudget(row, text))?.[1];
}

/** `8/255` as a number. */
function sizeOf(text: string): number {
  const [above, below = '1'] = text.split('/');
  const value = Number(above) / Number(below);
  if (Number.isFinite(value)) return value;
  throw new GauntletError('INVALID_ARGUMENT', `bounds.robustAccuracy: "${text}" is no budget: give a number, or such as 8/255.`);
}

function atLeast(model: Model, name: string, share: ProportionPartsFragment, bound: number): Check {
  const wanted = Number((100 * bound).toPrecision(6));
  return {
    model: modelTitle(model),
    name,
    passed: share.value !== null && share.value >= bound,
    message: `${percent(share)}, at least ${wanted} % wanted`,
  };
}

async function worstCase(gauntlet: Gauntlet, datasetId: string, model: Model, rows: readonly Evaluation[], bound: number): Promise<Check> {
  const input = { modelId: model.id, datasetId, evaluationIds: rows.map(({ id }) => id) };
  const found = (await gauntlet.request(WorstCaseDocument, { input })).worstCase;
  if (!found) throw new GauntletError('NOT_FOUND', 'There is no worst case of these evaluations.');
  return atLeast(model, 'worst case of all attacks', found.robust, bound);
}

function findings(wanted: NonNullable<Gate['bounds']['findings']>, model: Model, rows: readonly Evaluation[]): Check {
  const counts = (code: string, severity: FindingSeverity) =>
    Array.isArray(wanted) ? wanted.includes(code) : SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(wanted);
  const found = new Map<string, string>();
  for (const { attack, findings } of rows) {
    for (const { code, severity, message } of findings ?? [])
      if (counts(code, severity) && !found.has(code)) found.set(code, `${code} (${attackTitle(attack)}): ${message}`);
  }
  return { model: modelTitle(model), name: 'findings', passed: found.size === 0, message: [...found.values()].join('; ') || 'none' };
}

async function falls(
  gauntlet: Gauntlet,
  { largest, significance }: NonNullable<Gate['bounds']['fall']>,
  datasetId: string,
  model: Model,
  baseline: Baseline,
  rows: readonly Evaluation[],
): Promise<Check[]> {
  const pairs = await Promise.all(
    rows.map(async ({ id, attack }, i) => {
      const input = {
        modelIds: [baseline.model.id, model.id],
        datasetId,
        attackKind: attack.kind,
        epsilon: attack.epsilon ?? undefined,
        // Other evaluations may have the same attack and budget, with other parameters.
        evaluationIds: [baseline.rows[i]!.id, id],
      };
      const [pair] = (await gauntlet.request(CompareModelsDocument, { input })).compareModels.pairs;
      // Of the first model less the second, whichever the server puts first.
      const isFirst = pair!.first.id === baseline.model.id;
      const [lost, won] = isFirst ? [pair!.onlyFirst, pair!.onlySecond] : [pair!.onlySecond, pair!.onlyFirst];
      return { title: attackTitle(attack), fall: (isFirst ? 1 : -1) * (pair!.difference.value ?? 0), lost, won, pValue: pair!.pValue };
    }),
  );
  const adjusted = holm(pairs.map(({ pValue }) => pValue));
  return pairs.map(({ title, fall, lost, won }, i) => {
    const points = -100 * fall;
    return {
      model: modelTitle(model),
      name: `against ${modelTitle(baseline.model)}, ${title}`,
      passed: !(fall > largest && adjusted[i]! < significance),
      message:
        `${points < 0 ? '' : '+'}${points.toFixed(1)} points against ${modelTitle(baseline.model)}: images lost ${lost}, won ${won}, ` +
        `${pValueText(adjusted[i]!)} (McNemar, adjusted by Holm)`,
    };
  });
}

const pValueText = (p: number) => (p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`);

/** p values adjusted for their number (Holm 1979). */
function holm(values: readonly number[]): number[] {
  const adjusted = values.map(() => 0);
  let largest = 0;
  for (const [rank, [value, i]] of values
    .map((value, i) => [value, i] as const)
    .sort(([a], [b]) => a - b)
    .entries()) {
    largest = Math.max(largest, Math.min(1, (values.length - rank) * value));
    adjusted[i] = largest;
  }
  return adjusted;
}
