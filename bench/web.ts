/**
 * The dashboard on a database that is full, in a real Chromium on loopback, by the browser's own `performance` entries:
 * `npm run bench:web -- [--models 1000] [--evaluations 100000] [--loads 5] [--only models,evaluation] [--postgres URL] [--write]`.
 * Server, database and browser share the machine. Each load is in a profile of its own, without a cache. *Contentful* is the first contentful paint, *complete* when nothing waits
 * any more; *slowest request* is the one of GraphQL. *Interaction* is the longest event, from the key to the paint after it, of opening Go to and typing a name there (Event Timing, from 16 ms).
 * With `--write` the section of docs/figures.md is written.
 * @module
 */
import '../src/production.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { chromium, type Browser, type BrowserContext } from 'playwright-core';
import { startApplication } from '../src/application.js';
import { loadConfig } from '../src/config.js';
import { packOutcomes, type Outcomes } from '../src/results/outcomes.js';
import { encodeGlobalId } from '../src/storage/global-id.js';
import { DATASET_ID, evaluationId, modelId, writeRows } from './api-rows.js';
import { processorName } from './machine.js';
import { writeSection } from './section.js';

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: '1000' },
    evaluations: { type: 'string', default: '100000' },
    loads: { type: 'string', default: '5' },
    only: { type: 'string' },
    postgres: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const executablePath = process.env['GAUNTLET_TEST_CHROMIUM'];
if (!executablePath) throw new Error('Run this by scripts/with-chromium.sh, which says where Chromium is.');

const model = encodeGlobalId('Model', modelId(7));
const both = encodeURIComponent(JSON.stringify([model, encodeGlobalId('Model', modelId(8))]));
const PAGES: Readonly<Record<string, string>> = {
  overview: '/',
  leaderboard: '/leaderboard',
  models: '/models',
  model: `/models/${model}`,
  evaluations: '/evaluations',
  'evaluations, least robust first': '/evaluations?order=least-robust',
  'evaluations of one model under PGD': `/evaluations?model=${model}&attack=PGD`,
  evaluation: `/evaluations/${encodeGlobalId('Evaluation', evaluationId(0))}`,
  compare: `/compare?models=${both}`,
  transfer: '/transfer',
  datasets: '/datasets',
  dataset: `/datasets/${encodeGlobalId('Dataset', DATASET_ID)}`,
  training: '/training',
  studies: '/studies',
  benchmarks: '/benchmarks',
  jobs: '/jobs',
  admin: '/admin',
  'new-evaluation': '/new-evaluation',
  'new-training': '/new-training',
  'new-transfer': '/new-transfer',
  submit: '/submit',
};

interface Load {
  readonly contentful: number;
  readonly complete: number;
  readonly request: number;
  readonly interaction: number;
}

/** What the page tells of itself. In the page: its text is sent there. */
const OBSERVE = `window.events = [];
new PerformanceObserver((list) => window.events.push(...list.getEntries().map(({ duration }) => duration)))
  .observe({ type: 'event', durationThreshold: 16, buffered: true });`;

async function load(context: BrowserContext, path: string): Promise<Load> {
  const page = await context.newPage();
  await page.addInitScript(OBSERVE);
  await page.goto(path);
  await page.getByRole('heading', { level: 1 }).waitFor({ timeout: 120_000 });
  await page.waitForLoadState('networkidle');
  await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached', timeout: 120_000 });
  const [contentful, request, complete] = (await page.evaluate(`[
    performance.getEntriesByName('first-contentful-paint')[0].startTime,
    Math.max(0, ...performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/graphql')).map(({ duration }) => duration)),
    Math.max(...performance.getEntriesByType('resource').map(({ responseEnd }) => responseEnd)),
  ]`)) as [number, number, number];
  await page.evaluate('window.events.length = 0');
  await page.keyboard.press('Control+k');
  await page.getByRole('textbox', { name: 'Page, model or data set' }).waitFor();
  await page.keyboard.type('model 77', { delay: 50 });
  await page.getByRole('option', { name: 'model 77', exact: true }).waitFor({ timeout: 60_000 });
  await page.keyboard.press('Escape');
  await page.waitForTimeout(200);
  const interaction = (await page.evaluate('Math.max(0, ...window.events)')) as number;
  await page.close();
  return { contentful, complete, request, interaction };
}

/** As an evaluation has them: 95 % right before, half of them after. */
function outcomes(count: number, classes: number): Outcomes {
  const share = (i: number, salt: number) => ((i * 7919 + salt * 104_729) % 1009) / 1009;
  const floats = (value: (i: number) => number) => Float32Array.from({ length: count }, (_, i) => value(i));
  const integers = (value: (i: number) => number) => Int32Array.from({ length: count }, (_, i) => value(i));
  const bytes = () => new Uint8Array(count).fill(1);
  const label = (i: number) => i % classes;
  const clean = (i: number) => (share(i, 1) < 0.95 ? label(i) : (label(i) + 1) % classes);
  const adversarial = (i: number) => (share(i, 2) < 0.5 ? clean(i) : Math.floor(share(i, 3) * classes));
  return {
    count,
    labels: integers(label),
    cleanPrediction: integers(clean),
    cleanConfidence: floats((i) => 0.5 + share(i, 4) / 2),
    cleanTop5: bytes(),
    cleanVotes: floats((i) => Number(clean(i) === label(i))),
    adversarialPrediction: integers(adversarial),
    adversarialConfidence: floats((i) => share(i, 5)),
    adversarialTop5: bytes(),
    adversarialVotes: floats((i) => Number(adversarial(i) === label(i))),
    cleanLikelihood: floats((i) => share(i, 9)),
    cleanBrier: floats((i) => share(i, 9)),
    cleanDetection: floats(() => NaN),
    adversarialLikelihood: floats((i) => share(i, 10)),
    adversarialBrier: floats((i) => share(i, 10)),
    adversarialDetection: floats(() => NaN),
    target: floats(() => NaN),
    otherPrediction: floats(adversarial),
    linf: floats((i) => share(i, 6) / 10),
    l2: floats((i) => share(i, 6) * 2),
    l1: floats((i) => share(i, 6) * 40),
    l0: floats((i) => share(i, 7)),
    l0Pixels: floats((i) => share(i, 7)),
    attackDistance: floats(() => NaN),
    ssim: floats((i) => share(i, 8)),
    pass: floats((i) => share(i, 8)),
    withoutStart: new Uint8Array(count),
    queries: integers(() => 10),
    gradients: integers(() => 10),
  };
}

const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

const directory = await mkdtemp(join(tmpdir(), 'gauntlet-bench-'));
const config = loadConfig({
  GAUNTLET_PORT: '0',
  GAUNTLET_DATA_DIR: directory,
  GAUNTLET_DEMO: 'false',
  GAUNTLET_WORKER: 'false',
  GAUNTLET_REQUESTS_PER_MINUTE: '10000000',
  DATABASE_URL: values.postgres,
});
const application = await startApplication(config, pino({ level: 'error' }));
let browser: Browser | undefined;
try {
  const { prisma, kind } = application.runtime.database;
  const amounts = { models: Number(values.models), evaluations: Number(values.evaluations) };
  await writeRows(prisma, amounts);
  // The one whose page is opened has examples.
  await prisma.evaluation.update({ where: { id: evaluationId(0) }, data: { outcomes: packOutcomes(outcomes(1000, 10)) } });
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  const rows: (Load & { readonly page: string })[] = [];
  for (const [name, path] of Object.entries(PAGES)) {
    if (values.only && !values.only.split(',').includes(name)) continue;
    const loads: Load[] = [];
    for (let i = 0; i < Number(values.loads); i++) {
      const context = await browser.newContext({ baseURL: application.url });
      await context.request.post('/session', { data: { token: application.firstToken }, headers: { origin: application.url } });
      loads.push(await load(context, path));
      await context.close();
    }
    const of = (measure: keyof Load) => Math.round(median(loads.map((each) => each[measure])));
    rows.push({
      page: name,
      contentful: of('contentful'),
      complete: of('complete'),
      request: of('request'),
      interaction: of('interaction'),
    });
    console.log(rows.at(-1));
  }
  console.table(rows);
  const load1 = loadavg()[0]!.toFixed(1);
  if (values.write) {
    const cells = rows.map(
      ({ page, contentful, complete, request, interaction }) => `| ${page} | ${contentful} | ${complete} | ${request} | ${interaction} |`,
    );
    await writeSection(
      'docs/figures.md',
      'The dashboard',
      `\`npm run bench:web\`: ${values.models} models and ${values.evaluations} evaluations in the ${kind} database; server, database and Chromium on ${processorName()}, of which other work left a load of ${load1}. Milliseconds, median of ${values.loads} loads without a cache: first contentful paint, last answer that the page waits for, slowest GraphQL request, and the longest event of opening Go to and typing a name.

| page | contentful | complete | slowest request | interaction |
| --- | --- | --- | --- | --- |
${cells.join('\n')}
`,
    );
  } else console.log(`Load of the machine: ${load1}.`);
} finally {
  await browser?.close();
  await application.close();
  await rm(directory, { recursive: true, force: true });
}
