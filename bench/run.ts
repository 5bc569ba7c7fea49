/** The command line of `npm run bench` and `npm run bench:attack`. @module */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { createEngine, type EngineDescription, type EngineName } from '../src/compute/index.js';
import { measure, type Row } from './measure.js';
import { gradientError } from './parity.js';
import { columnsOf } from './report.js';
import { SUBJECTS } from './subjects.js';

/** What `--json FILE` holds. */
export interface Report {
  readonly engine: EngineDescription;
  readonly processor: string;
  /** See {@link gradientError}. */
  readonly gradientError: number;
  readonly rows: readonly Row[];
}

export async function runBenchmark({ training }: { readonly training: boolean }): Promise<void> {
  const { values } = parseArgs({
    options: {
      models: { type: 'string', default: Object.keys(SUBJECTS).join() },
      batch: { type: 'string', default: '64' },
      seconds: { type: 'string', default: '5' },
      threads: { type: 'string' },
      'micro-batch': { type: 'string' },
      'product-size': { type: 'string', default: '768' },
      engine: { type: 'string', default: 'compiled:cpu' },
      json: { type: 'string' },
    },
  });
  const names = values.models.split(',');
  const unknown = names.filter((name) => !(name in SUBJECTS));
  if (unknown.length) throw new Error(`No model ${unknown.join(', ')}: choose among ${Object.keys(SUBJECTS).join(', ')}.`);
  const optional = (value: string | undefined) => (value === undefined ? undefined : Number(value));
  const engineOptions = {
    engine: values.engine as EngineName,
    threads: optional(values.threads),
    microBatch: optional(values['micro-batch']),
  };
  const open = () => createEngine(engineOptions);

  const first = await open();
  const report = { engine: first.description, processor: cpus()[0]!.model, gradientError: await gradientError(first) };
  console.log(`${report.engine.label} on ${report.processor}; gradients within ${report.gradientError.toExponential(1)} of the reference`);
  await first.dispose();

  const rows: Row[] = [];
  const sizes = { batch: Number(values.batch), seconds: Number(values.seconds), productSize: Number(values['product-size']) };
  for (const name of names) {
    // An engine of its own, so that one model's sessions are not in another's memory.
    const engine = await open();
    rows.push(await measure(name, engine, { ...sizes, training }));
    await engine.dispose();
  }
  console.table(rows.map(columnsOf));
  if (values.json) writeFileSync(values.json, JSON.stringify({ ...report, rows } satisfies Report, null, 2));
}
