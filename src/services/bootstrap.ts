/** What a newcomer finds: built-in data, the models that ship with the server, and a demonstration on them. Does only what is missing. @module */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { findAttack } from '../compute/attacks/index.js';
import { DomainError, hasCode } from '../errors.js';
import { cardOfReadme } from '../results/model-card.js';
import type { DatasetRequest } from './dataset/datasets.js';
import { SHIPPED } from './benchmark/shipped.js';
import { SHIPPED_MODELS } from './model/shipped.js';
import type { Services } from './index.js';
import { cardOf } from '../storage/json.js';
import { SERVER } from './token/principal.js';

const DATASETS: readonly DatasetRequest[] = [
  { name: 'mnist-test', format: 'mnist', split: 'TEST' },
  { name: 'mnist-train', format: 'mnist', split: 'TRAIN' },
  { name: 'fashion-mnist-test', format: 'fashion-mnist', split: 'TEST' },
  { name: 'cifar10-test', format: 'cifar10', split: 'TEST' },
];

const DEMONSTRATION = {
  dataset: 'mnist-test',
  attack: 'FGSM',
  parameters: { epsilon: 0.3 },
  sampleCount: 1000,
  offset: 0,
  seed: 0,
  keepImages: true,
};

export interface BootstrapOptions {
  readonly services: Services;
  /** Folder with models/<name>. */
  readonly assetsDirectory: string;
  /** Formats whose files are in configured folders. */
  readonly datasetDirectories: Readonly<Record<string, string>>;
  readonly log: Logger;
}

export async function bootstrap(options: BootstrapOptions): Promise<void> {
  await registerDatasets(options);
  await submitModels(options);
  await createBenchmarks(options);
  await demonstrate(options);
}

async function registerDatasets({ services, datasetDirectories, log }: BootstrapOptions): Promise<void> {
  for (const request of DATASETS) {
    const directory = datasetDirectories[request.format];
    const isThere = request.format === 'mnist' || (directory !== undefined && existsSync(directory));
    if (!isThere || (await services.prisma.dataset.findFirst({ where: { name: request.name, owner: SERVER.name } }))) continue;
    try {
      const dataset = await services.datasets.register(request);
      log.info(`data set ${dataset.name}: ${dataset.exampleCount} images`);
    } catch (error) {
      // A folder without the files, or another server that was faster, is no reason not to serve.
      if (!(error instanceof DomainError)) throw error;
      log.warn(`data set ${request.name} is left out: ${error.message}`);
    }
  }
}

async function submitModels({ services, assetsDirectory, log }: BootstrapOptions): Promise<void> {
  const { prisma } = services;
  for (const { dataset, ...model } of SHIPPED_MODELS) {
    if (!(await prisma.dataset.findFirst({ where: { name: dataset, owner: SERVER.name } }))) continue;
    const known = await prisma.model.findFirst({ where: { name: model.name, owner: SERVER.name } });
    const directory = join(assetsDirectory, 'models', model.name);
    const readme = join(directory, 'README.md');
    const card = existsSync(readme) ? cardOfReadme(await readFile(readme, 'utf8')) : undefined;
    if (known) {
      // Earlier versions of the server had no cards.
      if (card && cardOf(known) === null) await services.models.update(SERVER, known.id, { card });
      continue;
    }
    if (!existsSync(join(directory, 'model.json'))) {
      log.warn(`model ${model.name} is left out: ${directory} has no model.json`);
      continue;
    }
    try {
      await services.models.submitFolder(SERVER, { ...model, visibility: 'PUBLIC', card }, directory);
      log.info(`model ${model.name}`);
    } catch (error) {
      if (!hasCode(error, 'NAME_TAKEN')) throw error;
    }
  }
}

/** Those that a data set is there for, and no benchmark of the name. The models that ship with the server are entered by `enterShipped`. */
async function createBenchmarks({ services, log }: BootstrapOptions): Promise<void> {
  const { prisma, benchmarks } = services;
  const datasets = await prisma.dataset.findMany({ orderBy: { createdAt: 'asc' } });
  for (const { isOn, sampleCount, ...protocol } of SHIPPED) {
    const dataset = datasets.find(isOn);
    if (!dataset || (await prisma.benchmark.findFirst({ where: { name: protocol.name } }))) continue;
    const range = { offset: 0, sampleCount: Math.min(sampleCount, dataset.exampleCount), seed: 0, predictions: 1 };
    await benchmarks.create(SERVER, { ...protocol, ...range, datasetId: dataset.id, visibility: 'PUBLIC', heldOut: false });
    log.info(`benchmark ${protocol.name}`);
  }
}

async function demonstrate({ services, log }: BootstrapOptions): Promise<void> {
  const { prisma } = services;
  if ((await prisma.evaluation.count()) > 0) return;
  const { dataset: name, attack, parameters, ...rest } = DEMONSTRATION;
  const dataset = await prisma.dataset.findFirst({ where: { name, owner: SERVER.name } });
  const shown = SHIPPED_MODELS.filter((model) => model.dataset === name);
  const models = await prisma.model.findMany({
    where: { name: { in: shown.map((model) => model.name) }, owner: SERVER.name },
    orderBy: { name: 'desc' },
  });
  if (!dataset || models.length === 0) return;
  await services.evaluations.start(SERVER, {
    modelIds: models.map(({ id }) => id),
    datasetId: dataset.id,
    attacks: [{ definition: findAttack(attack), parameters }],
    ...rest,
  });
  log.info(`demonstration queued: FGSM, ε = ${parameters.epsilon}, ${rest.sampleCount} images, ${models.length} models`);
}
