/** What every operator of a session took, from the files of onnxruntime's profiler. @module */
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';

/** Operators of a table; what others take is one row. */
const ROWS = 12;

const eventsSchema = z.array(
  z.object({
    cat: z.string(),
    name: z.string(),
    dur: z.number().default(0),
    args: z.object({ op_name: z.string().optional() }).default({}),
  }),
);

/** Of one operator: `share` of the time of all, and per run of the session. */
interface OperatorTime {
  readonly operator: string;
  readonly share: number;
  readonly calls: number;
  readonly milliseconds: number;
}

/** @param prefix with which the files begin. @returns a table for each session that ran at least `runs` times, in the order in which they were made. */
export async function profilesOf(prefix: string, runs: number): Promise<OperatorTime[][]> {
  const names = (await readdir(dirname(prefix))).filter((name) => name.startsWith(basename(prefix)));
  const tables = [];
  for (const name of names.sort()) {
    const events = eventsSchema.parse(JSON.parse(await readFile(join(dirname(prefix), name), 'utf8')));
    const count = events.filter((event) => event.cat === 'Session' && event.name === 'model_run').length;
    if (count < runs) continue;
    tables.push(operatorTimes(events, count));
  }
  return tables;
}

function operatorTimes(events: z.infer<typeof eventsSchema>, runs: number): OperatorTime[] {
  const found = new Map<string, { calls: number; time: number }>();
  for (const { cat, name, dur, args } of events) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time')) continue;
    const operator = args.op_name ?? '?';
    const { calls, time } = found.get(operator) ?? { calls: 0, time: 0 };
    found.set(operator, { calls: calls + 1, time: time + dur });
  }
  const sorted = [...found].sort(([, a], [, b]) => b.time - a.time);
  const total = sorted.reduce((sum, [, { time }]) => sum + time, 0);
  const row = (operator: string, calls: number, time: number) => {
    return { operator, share: time / total, calls: calls / runs, milliseconds: time / runs / 1000 };
  };
  const others = sorted.slice(ROWS).map(([, value]) => value);
  const sum = (of: (value: { calls: number; time: number }) => number) => others.reduce((before, value) => before + of(value), 0);
  return [
    ...sorted.slice(0, ROWS).map(([operator, { calls, time }]) => row(operator, calls, time)),
    row(
      'others',
      sum(({ calls }) => calls),
      sum(({ time }) => time),
    ),
  ];
}

/** As `console.table` shows it. */
export const printable = (rows: readonly OperatorTime[]) =>
  rows.map(({ operator, share, calls, milliseconds }) => {
    return { operator, share: `${(100 * share).toFixed(1)} %`, 'calls a step': calls.toFixed(0), 'ms a step': milliseconds.toFixed(2) };
  });
