/** Tables, progress bars and numbers as a terminal shows them. @module */
import cliProgress from 'cli-progress';
import Table from 'cli-table3';
import { GauntletError } from '../errors.js';
import type { Job } from '../gauntlet.js';
import type { ProportionPartsFragment } from '../generated.js';

export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const table = new Table({ head: [...head], style: { head: [], border: [] } });
  table.push(...rows.map((row) => [...row]));
  console.log(table.toString());
}

/** What a user can do something about, as one line: undefined for a mistake of this program. */
export function reasonOf(error: unknown): string | undefined {
  if (error instanceof GauntletError) return `${error.code}: ${error.message}`;
  // Of files: `ENOENT: no such file or directory, open '/nowhere/x'`.
  return error instanceof Error && 'syscall' in error ? error.message : undefined;
}

export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}

/** `93.4 % [91.7, 94.8]`: a share with its 95 % interval. */
export function percent(proportion: ProportionPartsFragment | null | undefined): string {
  if (!proportion || proportion.value === null) return '–';
  const of = (share: number) => (100 * share).toFixed(1);
  return `${of(proportion.value)} % [${of(proportion.lower)}, ${of(proportion.upper)}]`;
}

/** `28×28×1`; nothing while a model is being checked. */
export function imageSize(spec: { inputShape: readonly number[] } | null): string {
  return spec?.inputShape.join('×') ?? '';
}

/** Three significant digits, or as many as are asked for. */
export function short(value: number | null | undefined, digits = 3): string {
  return value === null || value === undefined ? '–' : String(Number(value.toPrecision(digits)));
}

/** A dash for what there is not. */
export function orDash(value: string | number | boolean | null | undefined): string {
  return String(value ?? '–');
}

/** `FGSM ε=8/255`. */
export function attackTitle({ kind, epsilonText }: { readonly kind: string; readonly epsilonText: string | null }): string {
  return epsilonText === null ? kind : `${kind} ε=${epsilonText}`;
}

/** A job, or an upload. */
interface Shown extends Pick<Job, 'state'> {
  readonly progress: Pick<Job['progress'], 'done' | 'total' | 'unit'> & Partial<Job['progress']>;
}

/** One bar a job, on standard error; nothing where that is no terminal. */
export class Progress {
  private readonly bars = process.stderr.isTTY
    ? new cliProgress.MultiBar(
        { format: '{name} {bar} {done}/{total} {unit} {state} {stage}', stream: process.stderr, hideCursor: true },
        cliProgress.Presets.shades_classic,
      )
    : undefined;

  add(name: string): { update(job: Shown): void } {
    const bar = this.bars?.create(1, 0, { name, done: 0, unit: '', state: 'QUEUED', stage: '' });
    return {
      update({ state, progress }) {
        bar?.setTotal(progress.total);
        const { done, total, unit, fraction = done / Math.max(1, total), stage } = progress;
        bar?.update(fraction * total, { name, done, unit, state, stage: stage ?? '' });
      },
    };
  }

  stop(): void {
    this.bars?.stop();
  }
}
