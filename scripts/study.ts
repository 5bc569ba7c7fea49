/**
 * Runs studies from beginning to end on a server of its own, and writes what came of them:
 * `npm run study -- F1,F2,F3 [--scale mnist-mini] [--seeds 3] [--steps N] [--samples N] [--out docs/studies] [--data FOLDER]`.
 *
 * `OUT.md` gets the tables, verdicts and times, and the folder `OUT` the plots. With a folder of its own for `--data`, an interrupted run resumes, and
 * studies that have succeeded there are not repeated.
 * @module
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { pino } from 'pino';
import { format, resolveConfig } from 'prettier';
import { processorName } from '../bench/machine.js';
import { startApplication, type Application } from '../src/application.js';
import { loadConfig } from '../src/config.js';
import { LOCAL } from '../src/services/token/principal.js';
import type { Job, Study } from '../src/storage/generated/client.js';
import { recipes } from '../src/studies/recipes/registry.js';
import { markdownTable, tableMarkdown } from '../src/studies/report/markdown.js';
import { plotSvg } from '../src/studies/report/plot.js';
import { estimateText, OUTCOMES } from '../src/studies/report/text.js';
import { scales } from '../src/studies/scales/registry.js';
import type { Report, Settings } from '../src/studies/types.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    scale: { type: 'string', default: 'mnist-mini' },
    seeds: { type: 'string', default: '3' },
    steps: { type: 'string' },
    samples: { type: 'string' },
    out: { type: 'string', default: 'docs/studies' },
    data: { type: 'string' },
  },
});

const names = (positionals[0] ?? recipes.map(({ name }) => name).join(',')).split(',');
const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
const request = { scale: values.scale, seeds: Number(values.seeds), steps: number(values.steps), sampleCount: number(values.samples) };

async function main(): Promise<void> {
  const dataDirectory = values.data ?? (await mkdtemp(join(tmpdir(), 'gauntlet-study-')));
  const variables = {
    ...process.env,
    GAUNTLET_PORT: '0',
    GAUNTLET_DATA_DIR: dataDirectory,
    GAUNTLET_LOG_LEVEL: 'info',
    GAUNTLET_DEMO: 'false',
  };
  const config = loadConfig(variables);
  const application = await startApplication(config, pino({ level: config.log.level }, pino.destination(2)));
  try {
    await registerDatasets(application);
    const sections: string[] = [];
    await mkdir(values.out, { recursive: true });
    for (const name of names) {
      const study = await finishedStudy(application, name);
      console.log(`${name}: ${study.job.state.toLowerCase()} ${study.job.error ?? ''}`);
      sections.push(await section(study));
      // After each study: a run that is cut short leaves what it has.
      const text = [await introduction(application), ...sections].join('\n\n');
      await writeFile(`${values.out}.md`, await format(text, { parser: 'markdown', ...(await resolveConfig(`${values.out}.md`)) }));
    }
  } finally {
    await application.close();
    if (!values.data) await rm(dataDirectory, { recursive: true, force: true });
  }
}

/** Those of the scale that the server does not know by itself. */
async function registerDatasets({ services }: Application): Promise<void> {
  const format = scales.find(({ name }) => name === values.scale)?.datasetFormat;
  for (const split of ['TRAIN', 'TEST'] as const) {
    if (!format || (await services.prisma.dataset.findFirst({ where: { format, split } }))) continue;
    await services.datasets.register({ name: `${format}-${split.toLowerCase()}`, format, split });
  }
}

type FinishedStudy = Study & { readonly job: Job; readonly tasks: readonly { readonly job: Job | null }[] };

async function finishedStudy({ services, runtime }: Application, recipe: string): Promise<FinishedStudy> {
  const known = await services.prisma.study.findMany({
    where: { recipe, owner: LOCAL.name, job: { state: { notIn: ['FAILED', 'CANCELLED'] } } },
  });
  const version = recipes.find(({ name }) => name === recipe)?.version;
  const same = known.find((study) => study.version === version && isSame(study.settings as unknown as Settings));
  const { jobId } = same ?? (await services.studies.start(LOCAL, { recipe, ...request })).study;
  for await (const job of runtime.watcher.watch(jobId)) console.log(`${recipe}: ${job.done} of ${job.total} ${job.unit}`);
  return services.prisma.study.findUniqueOrThrow({ where: { jobId }, include: { job: true, tasks: { include: { job: true } } } });
}

/** As the database holds it. */
function isSame(settings: Settings): boolean {
  const scale = scales.find(({ name }) => name === request.scale);
  const { seeds, steps = scale?.steps, sampleCount = scale?.sampleCount } = request;
  return isDeepStrictEqual(settings, JSON.parse(JSON.stringify({ ...scale, seeds, steps, sampleCount })));
}

async function introduction({ runtime }: Application): Promise<string> {
  const { label } = await runtime.compute.engine();
  return `# Studies: the findings of Kurakin et al. 2016, at scale ${values.scale}

Written by \`npm run study -- ${process.argv
    .slice(2)
    .filter((_, i, all) => !isData(all, i))
    .join(' ')}\`, on ${label}, ${processorName()}, beside other work. Every figure is
a mean over ${values.seeds} seeds (first weights and order of images) with its 95 % interval after Student; accuracies are shares of the test images. A verdict is reached by the
criterion that stands under it, which was fixed with the recipe. Figures of the paper are approximate, and no verdict depends on them.`;
}

const isData = (all: readonly string[], i: number) => all[i] === '--data' || all[i - 1] === '--data';

async function section({ recipe: name, version, settings: given, report: found, job, tasks, createdAt }: FinishedStudy): Promise<string> {
  const { title, claim } = recipes.find((recipe) => recipe.name === name)!;
  const head = `## ${name}: ${title}\n\n${claim}`;
  if (!found) return `${head}\n\nThe study ended without a report: ${job.state.toLowerCase()}. ${job.error ?? ''}`;
  const { sampleCount, steps, batchSize, algorithm1 } = given as unknown as Settings;
  const report = found as unknown as Report;
  const seconds = (job.finishedAt!.getTime() - job.startedAt!.getTime()) / 1000;
  const foundDone = tasks.filter((task) => task.job && task.job.createdAt < createdAt).length;
  const { k, lambda, epsilonMax, epsilonDistribution } = algorithm1;
  const about = `Version ${version}; ${job.total} tasks in ${seconds.toFixed(0)} seconds, ${foundDone} of them done by an earlier study. ${steps} steps of ${batchSize} images, Algorithm 1 with k = ${k}, λ = ${lambda}, ε up to ${epsilonMax.toFixed(3)} (${epsilonDistribution.toLowerCase().replace('_', ' ')}); ${sampleCount} test images.`;
  const verdicts = markdownTable(
    ['statement', 'verdict', 'here', 'paper'],
    report.verdicts.map(({ statement, outcome, estimate, paper }) => [
      statement,
      `**${OUTCOMES[outcome]}**`,
      estimateText(estimate),
      paper,
    ]),
  );
  const criteria = report.verdicts.map(({ criterion }, i) => `${i + 1}. ${criterion}`).join('\n');
  const plots = await Promise.all(
    report.plots.map(async (plot, i) => {
      const file = `${name.toLowerCase()}-${i + 1}.svg`;
      await writeFile(join(values.out, file), `${await plotSvg(plot)}\n`);
      return `![${plot.title}](${basename(values.out)}/${file})`;
    }),
  );
  return [
    head,
    about,
    verdicts,
    `Criteria, in the order of the statements:\n\n${criteria}`,
    ...plots,
    ...report.tables.map(tableMarkdown),
  ].join('\n\n');
}

await main();
