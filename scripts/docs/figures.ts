/**
 * Makes the pictures of the documentation: `npm run docs:figures [-- --samples 1000]`. Curves come from evaluations on a server of its own; the picture of the
 * layers comes from the list below.
 * @module
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { startApplication } from '../../src/application.js';
import { loadConfig } from '../../src/config.js';
import { plotSvg } from '../../src/studies/report/plot.js';
import type { Series } from '../../src/studies/types.js';

const FOLDER = 'docs/public';
const MODELS = ['mnist-baseline', 'mnist-adversarial'];
const ATTACKS: Readonly<Record<string, { readonly title: string; readonly input: object }>> = {
  FGSM: { title: 'FGSM', input: { fgsm: { epsilon: 0.1 } } },
  PGD: { title: 'PGD', input: { pgd: { epsilon: 0.1 } } },
};
const EPSILONS = [0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3];

interface Interval {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
  readonly n: number;
}
interface Curve {
  readonly model: { readonly name: string };
  readonly points: readonly { readonly epsilon: number; readonly robust: Interval }[];
}

const { values } = parseArgs({ options: { samples: { type: 'string', default: '1000' } } });
await mkdir(FOLDER, { recursive: true });
await writeFile(join(FOLDER, 'layers.svg'), layers());
await writeFile(join(FOLDER, 'robustness.svg'), await robustness(Number(values.samples)));

/** Accuracy of the two models that ship, under a one-step and an iterative attack. */
async function robustness(sampleCount: number): Promise<string> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'gauntlet-figures-'));
  const settings = { GAUNTLET_PORT: '0', GAUNTLET_DATA_DIR: dataDirectory, GAUNTLET_AUTH: 'none', GAUNTLET_DEMO: 'true', DATABASE_URL: '' };
  const application = await startApplication(loadConfig({ ...process.env, ...settings }), pino({ level: 'info' }, pino.destination(2)));
  const ask = async <Data>(query: string, variables: object = {}): Promise<Data> => {
    const response = await fetch(application.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as { data?: Data; errors?: unknown };
    if (!data || errors) throw new Error(JSON.stringify(errors));
    return data;
  };
  try {
    const { models, dataset } = await ask<{ models: { nodes: { id: string; name: string }[] }; dataset: { id: string } }>(
      '{ models { nodes { id name } } dataset(name: "mnist-test") { id } }',
    );
    const modelIds = MODELS.map((name) => models.nodes.find((model) => model.name === name)!.id);
    const input = {
      modelIds,
      datasetId: dataset.id,
      sampleCount,
      epsilons: EPSILONS,
      attacks: Object.values(ATTACKS).map((attack) => attack.input),
    };
    const { startEvaluation } = await ask<{ startEvaluation: { jobs: { id: string }[] } }>(
      'mutation ($input: StartEvaluationInput!) { startEvaluation(input: $input) { ... on StartEvaluationSuccess { jobs { id } } } }',
      { input },
    );
    for (const { id } of startEvaluation.jobs) {
      while ((await ask<{ job: { state: string } }>('query ($id: ID!) { job(id: $id) { state } }', { id })).job.state !== 'SUCCEEDED')
        await new Promise((done) => setTimeout(done, 200));
    }
    const series: Series[] = [];
    for (const [attackKind, { title }] of Object.entries(ATTACKS)) {
      const { robustnessCurve } = await ask<{ robustnessCurve: { curves: Curve[] } }>(
        `query ($input: RobustnessCurveInput!) { robustnessCurve(input: $input) {
          curves { model { name } points { epsilon robust: top1 { value lower upper n } } } } }`,
        { input: { modelIds, datasetId: dataset.id, attackKind, sampleCount, offset: 0 } },
      );
      for (const { model, points } of robustnessCurve.curves) {
        series.push({
          name: `${model.name}, ${title}`,
          points: points.map(({ epsilon, robust: { value, lower, upper, n } }) => ({ x: epsilon, mean: value, lower, upper, n })),
        });
      }
    }
    return await plotSvg({
      title: `Accuracy on ${sampleCount} MNIST images under attack, with 95 % intervals`,
      xTitle: 'ε (L∞, fraction of the pixel range)',
      yTitle: 'accuracy',
      series,
    });
  } finally {
    await application.close();
    await rm(dataDirectory, { recursive: true, force: true });
  }
}

/** The layers, the highest first; boxes of one row do not import each other. */
function layers(): string {
  const rows: readonly (readonly (readonly [string, string])[])[] = [
    [['application.ts, runtime.ts', 'put everything together']],
    [
      ['http', 'uploads, artifacts, exports, transport'],
      ['resolvers', 'thin: call a service, load by DataLoader'],
    ],
    [['schema', 'GraphQL types']],
    [['services', 'use cases']],
    [['jobs', 'the queue, a handler per kind of job']],
    [
      ['storage', 'database, artifact store'],
      ['studies', 'recipes: data in, data out'],
    ],
    [['results', 'outcomes of examples, summaries, findings']],
    [['compute', 'a library: attacks, training, metrics']],
  ];
  const [width, height, gap] = [720, 50, 16];
  const boxes = rows.flatMap((row, y) =>
    row.map(([name, about], x) => {
      const boxWidth = (width - gap * (row.length - 1)) / row.length;
      const left = x * (boxWidth + gap) + 1;
      const top = y * (height + gap) + 1;
      const middle = left + boxWidth / 2;
      return [
        `<rect x="${left}" y="${top}" width="${boxWidth}" height="${height}" rx="6" fill="#eef2ff" stroke="#5b6ee1"/>`,
        `<text x="${middle}" y="${top + 21}" font-weight="600">${name}</text>`,
        `<text x="${middle}" y="${top + 39}" font-size="12" fill="#444">${about}</text>`,
      ].join('');
    }),
  );
  const arrows = rows.slice(1).map((_, y) => {
    const top = (y + 1) * (height + gap) - gap + 2;
    return `<path d="M${width / 2 + 1} ${top}v${gap - 5}m-4 -5l4 5l4 -5" fill="none" stroke="#5b6ee1"/>`;
  });
  const total = rows.length * (height + gap) - gap + 2;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width + 2}" height="${total}" viewBox="0 0 ${width + 2} ${total}" ` +
    `font-family="system-ui, sans-serif" font-size="14" text-anchor="middle"><rect width="100%" height="100%" fill="white"/>${boxes.join('')}${arrows.join('')}</svg>\n`
  );
}
