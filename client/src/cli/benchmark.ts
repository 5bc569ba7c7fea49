/** `gauntlet enter` and `gauntlet benchmark`. @module */
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Command, Option } from 'commander';
import { parse } from 'yaml';
import { GauntletError } from '../errors.js';
import { accepted, type Benchmark, type Gauntlet } from '../gauntlet.js';
import {
  type ClaimedEntryInput,
  EnterShippedDocument,
  ImportRobustBenchDocument,
  type ModelCardInput,
  UpdateModelDocument,
  type Visibility,
} from '../generated.js';
import { withServer } from './connection.js';
import { withModelFile } from './model-file.js';
import { percent, printJson, printTable, Progress } from './output.js';
import { modelIds, versioned } from './request.js';
import { nextVersion } from './submit.js';

interface EnterOptions {
  readonly name?: string;
  readonly versionOf?: string;
  readonly card?: string;
  readonly visibility?: Visibility;
}

export function addBenchmarks(program: Command): void {
  program
    .command('enter')
    .description('enter a model in a benchmark, wait for its official run, and print where it stands')
    .argument('<benchmark>', 'name, such as cifar10-linf-8/255')
    .argument('<model>', 'a model file, which is submitted first, or the name or id of a model of yours')
    .option('--name <name>', 'name of a model that is submitted (default: that of the file)')
    .option('--version-of <model>', 'name or id of a model of yours whose next version it is, in place of a name')
    .option('--card <file>', 'its card: a README.md with YAML front matter')
    .addOption(
      new Option(
        '--visibility <visibility>',
        'LISTED: results for everyone, the file yours alone; PUBLIC: both for everyone. Default for a file: LISTED',
      ).choices(['LISTED', 'PUBLIC']),
    )
    .action(async (name: string, model: string, options: EnterOptions, command: Command) => {
      await withServer(command, async ({ gauntlet, json }) => {
        const progress = new Progress();
        try {
          await benchmarkNamed(gauntlet, name);
          const modelId = existsSync(model) ? await submitted(gauntlet, model, options, progress) : (await modelIds(gauntlet, [model]))[0]!;
          await describe(gauntlet, modelId, existsSync(model) ? { card: options.card } : options);
          const bar = progress.add(name);
          const own = await gauntlet.enterBenchmark({ benchmark: name, modelId }, { onProgress: (update) => bar.update(update) });
          progress.stop();
          if (json) printJson(own);
          else {
            printRanking({ ...(await benchmarkNamed(gauntlet, name)), ranking: [own], claimed: [] });
            for (const { severity, code, message } of own.entry.findings ?? []) console.log(`${severity} ${code}: ${message}`);
          }
        } finally {
          progress.stop();
        }
      });
    });
  program
    .command('benchmark')
    .description('list the networks that were entered in a benchmark, the most robust first')
    .argument('<name>', 'such as cifar10-linf-8/255')
    .action(async (name: string, _: unknown, command: Command) => {
      await withServer(command, async ({ gauntlet, json }) => {
        const benchmark = await benchmarkNamed(gauntlet, name);
        if (json) printJson(benchmark);
        else printRanking(benchmark);
      });
    });
  program
    .command('enter-shipped')
    .description('enter the models that came with the server, for admins, and wait for their official runs')
    .argument('[benchmark]', 'its name (default: each that is open)')
    .action(async (name: string | undefined, _: unknown, command: Command) => {
      await withServer(command, async ({ gauntlet, json }) => {
        const benchmarkId = name === undefined ? undefined : (await benchmarkNamed(gauntlet, name)).id;
        const answer = await gauntlet.request(EnterShippedDocument, { input: { benchmarkId } });
        const { entries } = accepted(answer.enterShipped, 'EnterShippedSuccess');
        const progress = new Progress();
        try {
          const bars = entries.map(({ benchmark, modelName, job }) => ({ job, bar: progress.add(`${benchmark.name}: ${modelName}`) }));
          await Promise.all(bars.map(({ job, bar }) => gauntlet.waitFor(job.id, { onProgress: (update) => bar.update(update) })));
        } finally {
          progress.stop();
        }
        const names = [...new Set(entries.map(({ benchmark }) => benchmark.name))];
        const benchmarks = await Promise.all(names.map((one) => benchmarkNamed(gauntlet, one)));
        if (json) return printJson(benchmarks);
        if (benchmarks.length === 0) console.log('All of them are entered already, or no benchmark on their data is open.');
        for (const benchmark of benchmarks) printRanking(benchmark);
      });
    });
  program
    .command('import-robustbench')
    .description('show results of RobustBench beside the ranking of a benchmark, as claims, in place of what was imported before')
    .argument('<benchmark>', 'its name')
    .argument('<paths...>', 'files of model_info, or folders such as model_info/cifar10/Linf')
    .action(async (name: string, paths: string[], _: unknown, command: Command) => {
      await withServer(command, async ({ gauntlet, json }) => {
        const { id: benchmarkId } = await benchmarkNamed(gauntlet, name);
        const entries = await readEntries(paths);
        const answer = await gauntlet.request(ImportRobustBenchDocument, { input: { benchmarkId, entries } });
        const imported = accepted(answer.importRobustBench, 'ImportRobustBenchSuccess').entries;
        if (json) printJson(imported);
        else console.log(`${imported.length} claimed entries`);
      });
    });
}

async function readEntries(paths: readonly string[]): Promise<ClaimedEntryInput[]> {
  try {
    const files = await Promise.all(
      paths.map(async (path) =>
        (await stat(path)).isDirectory()
          ? (await readdir(path)).filter((one) => one.endsWith('.json')).map((one) => join(path, one))
          : [path],
      ),
    );
    return await Promise.all(
      files.flat().map(async (file) => ({
        key: basename(file, '.json'),
        info: JSON.parse(await readFile(file, 'utf8')) as ClaimedEntryInput['info'],
      })),
    );
  } catch (error) {
    throw new GauntletError('INVALID_ARGUMENT', `The files cannot be read: ${(error as Error).message}.`);
  }
}

/** @throws GauntletError NOT_FOUND */
async function benchmarkNamed(gauntlet: Gauntlet, name: string): Promise<Benchmark> {
  const benchmark = await gauntlet.benchmark(name);
  if (benchmark) return benchmark;
  throw new GauntletError('NOT_FOUND', `There is no benchmark "${name}".`);
}

async function submitted(
  gauntlet: Gauntlet,
  path: string,
  { name, versionOf, visibility = 'LISTED' }: EnterOptions,
  progress: Progress,
): Promise<string> {
  const uploadId = await withModelFile(path, (file, fileName) => gauntlet.upload(file, { fileName }));
  const named = { name: name ?? basename(path).replace(/\.[^.]+$/, ''), ...(await nextVersion(gauntlet, versionOf)) };
  const { model, job } = await gauntlet.submitModel({ ...named, uploadId, visibility });
  const bar = progress.add('check');
  await gauntlet.waitFor(job.id, { onProgress: (update) => bar.update(update) });
  return model.id;
}

async function describe(
  gauntlet: Gauntlet,
  modelId: string,
  { card, visibility }: Pick<EnterOptions, 'card' | 'visibility'>,
): Promise<void> {
  if (card === undefined && visibility === undefined) return;
  const input = { modelId, visibility, card: card === undefined ? undefined : await readCard(card) };
  accepted((await gauntlet.request(UpdateModelDocument, { input })).updateModel, 'UpdateModelSuccess');
}

/** What Hugging Face's cards call otherwise. */
const OTHER_NAMES: Readonly<Record<string, keyof ModelCardInput>> = { license: 'licence', datasets: 'trainingData' };

const FIELDS: readonly (keyof ModelCardInput)[] = [
  ...(['paper', 'authors', 'venue', 'link', 'licence', 'architecture', 'trainingData', 'extraData', 'preparation'] as const),
  ...(['intendedUse', 'date'] as const),
];

/** Front matter and text of a README; what a card has no field for is left out. */
async function readCard(path: string): Promise<ModelCardInput> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new GauntletError('NOT_FOUND', `${path} cannot be read: ${error.message}.`);
  });
  const [, matter = '', readme = text] = /^---\r?\n(.*?)\r?\n---\r?\n?(.*)$/s.exec(text) ?? [];
  const values = (parse(matter) ?? {}) as Record<string, unknown>;
  const named = Object.entries(values).map(([key, value]) => [OTHER_NAMES[key] ?? key, value] as const);
  const known = named.filter(([key]) => FIELDS.includes(key as keyof ModelCardInput));
  const shown = known.map(([key, value]) => [
    key,
    typeof value === 'boolean' ? value : Array.isArray(value) ? value.join(', ') : String(value),
  ]);
  return { ...(Object.fromEntries(shown) as ModelCardInput), ...(readme.trim() && { readme: readme.trim() }) };
}

function printRanking({ name, version, ranking, unranked, claimed }: Benchmark): void {
  console.log(`${name}, version ${version}`);
  printTable(
    ['rank', 'ties', 'model', 'owner', 'clean', 'robust', 'findings'],
    ranking.map(({ rank, tiedFrom, tiedTo, entry, same, clean, robust }) => [
      String(rank),
      tiedFrom < tiedTo ? `${tiedFrom}–${tiedTo}` : '',
      [entry, ...same].map(({ modelName, modelVersion }) => versioned(modelName, modelVersion)).join(' = '),
      entry.owner,
      percent(clean),
      percent(robust) + (entry.maskedGradients ? ' masked' : ''),
      [...new Set((entry.findings ?? []).map(({ code }) => code))].join('\n'),
    ]),
  );
  for (const { entry, reason } of unranked) console.log(`not ranked: ${entry.modelName}: ${reason}`);
  if (claimed.length === 0) return;
  console.log('claimed by others, not run here:');
  printTable(
    ['claimed entry', 'architecture', 'venue', 'clean', 'AutoAttack', 'best known', 'flags'],
    claimed.map(({ key, architecture, venue, clean, autoAttack, robust, unreliable, extraData }) => [
      key,
      architecture ?? '',
      venue ?? '',
      ...[clean, autoAttack, robust].map((share) => `${(100 * share).toFixed(2)} %`),
      [...(extraData ? ['extra data'] : []), ...(unreliable ? ['unreliable'] : [])].join(', '),
    ]),
  );
}
