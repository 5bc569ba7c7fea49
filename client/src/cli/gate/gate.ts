/** `gauntlet gate`: models, attacks and bounds in a file, and an exit code. @module */
import type { Command } from 'commander';
import { createHash } from 'node:crypto';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { parse } from 'node:path';
import { GauntletError } from '../../errors.js';
import type { Evaluation, Gauntlet, Model } from '../../gauntlet.js';
import type { AttackInput } from '../../generated.js';
import { withServer } from '../connection.js';
import { withModelFile } from '../model-file.js';
import { printJson, reasonOf } from '../output.js';
import { datasetId as idOfDataset, modelOf as namedModel, namedAttacks } from '../request.js';
import { evaluationJob, watch } from '../watch.js';
import { checkBounds, checksOf, type Check } from './checks.js';
import { readGate, type Gate, type GateModel } from './file.js';
import { junit, markdown } from './report.js';

interface GateOptions {
  readonly junit?: string;
  readonly summary?: string;
}

export function addGate(program: Command): void {
  program
    .command('gate')
    .description(
      'check the robustness of models against bounds: exit status 0 where all hold, 1 where one does not, 2 where that is not known',
    )
    .argument('<file>', 'gate.yaml: dataset, models, baseline, attacks, epsilons, bounds')
    .option('--junit <file>', 'write JUnit XML')
    .option('--summary <file>', 'append a summary in Markdown, as to $GITHUB_STEP_SUMMARY')
    .action(async (path: string, options: GateOptions, command: Command) => {
      try {
        const passed = await withServer(command, async ({ gauntlet, json, url }) => {
          const { checks, evaluations } = await runGate(gauntlet, await readGate(path));
          if (options.junit) await writeFile(options.junit, junit(checks));
          if (options.summary) await appendFile(options.summary, markdown(checks, evaluations, url));
          if (json) printJson(checks);
          else
            for (const { passed, model, name, message } of checks) console.log(`${passed ? 'ok  ' : 'FAIL'} ${model}: ${name}: ${message}`);
          return checks.every((check) => check.passed);
        });
        if (!passed) throw new ExitStatus(1);
      } catch (error) {
        if (error instanceof ExitStatus) throw error;
        // Also where a report cannot be written: 1 is for bounds that do not hold.
        console.error(reasonOf(error) ?? error);
        throw new ExitStatus(2);
      }
    });
}

/** Ends the command with a status; what there is to say has been said. */
export class ExitStatus extends Error {
  constructor(readonly status: number) {
    super(`exit status ${status}`);
  }
}

async function runGate(gauntlet: Gauntlet, gate: Gate): Promise<{ checks: Check[]; evaluations: Evaluation[] }> {
  const datasetId = await idOfDataset(gauntlet, gate.dataset);
  const models = await inTurn(gate.models, (model) => modelOf(gauntlet, model));
  const baseline = gate.baseline ? await modelOf(gauntlet, gate.baseline) : undefined;
  const every = baseline && models.every(({ id }) => id !== baseline.id) ? [...models, baseline] : models;
  const started = await gauntlet.startEvaluation({
    modelIds: every.map(({ id }) => id),
    datasetId,
    attacks: await attacksOf(gauntlet, gate),
    sampleCount: gate.samples,
    offset: gate.offset,
    seed: gate.seed,
    judging: gate.judging,
  });
  await watch(gauntlet, started.map(evaluationJob));
  const evaluations = await Promise.all(started.map(async ({ id }) => (await gauntlet.evaluation(id))!));
  const of = ({ id }: Model) => evaluations.filter((row) => row.model.id === id);
  await checkBounds(gauntlet, gate, evaluations);
  const compared = baseline && { model: baseline, rows: of(baseline) };
  const checks = (await inTurn(models, (model) => checksOf(gauntlet, gate, datasetId, model, of(model), compared))).flat();
  if (checks.length === 0)
    throw new GauntletError('INVALID_ARGUMENT', 'bounds: There is nothing to check: the models are their own baseline.');
  return { checks, evaluations };
}

async function attacksOf(gauntlet: Gauntlet, { attacks, epsilons }: Gate): Promise<AttackInput[]> {
  const kinds = await gauntlet.attackKinds();
  return attacks.flatMap((attack) => {
    const [name, parameters] = typeof attack === 'string' ? [attack, {}] : Object.entries(attack)[0]!;
    return namedAttacks([name], epsilons.map(String), kinds, parameters ?? {});
  });
}

/** A file is submitted once: its name says what is in it, and how it is to be read. */
async function modelOf(gauntlet: Gauntlet, model: GateModel): Promise<Model> {
  if (typeof model === 'string') return namedModel(gauntlet, model);
  const bytes = await readFile(model.file).catch(() => {
    throw new GauntletError('NO_FILE', `models: there is no file ${model.file}.`);
  });
  const { inputShape, classes, valueRange, mean, std, access } = model;
  const hash = createHash('sha256').update(bytes);
  for (const [setting, value] of Object.entries({ inputShape, classes, valueRange, mean, std, access })) {
    if (value === undefined) continue;
    hash.update(setting).update(typeof value === 'string' ? value : Buffer.from(Float64Array.from([value].flat()).buffer));
  }
  const name = `${model.name ?? parse(model.file).name}-${hash.digest('hex').slice(0, 12)}`;
  const there = await gauntlet.model({ name });
  // What was rejected may be accepted by a newer server.
  if (there && there.status !== 'REJECTED') return there;
  const uploadId = await withModelFile(model.file, (file, fileName) => gauntlet.upload(file, { fileName }));
  const spec = { inputShape, classCount: classes, valueRange, mean, std };
  const submitted = await gauntlet.submitModel({ name, uploadId, access, spec, visibility: 'PRIVATE' });
  await watch(gauntlet, [{ name: `${name}: check`, jobId: submitted.job.id }]);
  return submitted.model;
}

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
