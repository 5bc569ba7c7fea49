/** What a newcomer finds: built-in data, the models that ship with the server, and a demonstration on them. Does only what is missing. @module */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { findAttack } from '../compute/attacks/index.js';
import { DomainError, hasCode } from '../errors.js';
import type { DatasetRequest } from './dataset/datasets.js';
import type { Services } from './index.js';
import { SERVER } from './token/principal.js';

const DATASETS: readonly DatasetRequest[] = [
  { name: 'mnist-test', format: 'mnist', split: 'TEST' },
  { name: 'mnist-train', format: 'mnist', split: 'TRAIN' },
  { name: 'fashion-mnist-test', format: 'fashion-mnist', split: 'TEST' },
  { name: 'cifar10-test', format: 'cifar10', split: 'TEST' },
];

/** Each is submitted where its data set is. */
const MODELS = [
  { name: 'mnist-baseline', description: 'A small CNN trained on clean MNIST.', dataset: 'mnist-test' },
  { name: 'mnist-adversarial', description: 'The same CNN, adversarially trained.', dataset: 'mnist-test' },
  { name: 'cifar10-resnet-20', description: 'ResNet-20 trained on a part of CIFAR-10.', dataset: 'cifar10-test' },
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
  await demonstrate(options);
}

async function registerDatasets({ services, datasetDirectories, log }: BootstrapOptions): Promise<void> {
  for (const request of DATASETS) {
    const directory = datasetDirectories[request.format];
    const isThere = request.format === 'mnist' || (directory !== undefined && existsSync(directory));
    if (!isThere || (await services.prisma.dataset.findUnique({ where: { name: request.name } }))) continue;
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
  for (const { dataset, ...model } of MODELS) {
    if (!(await prisma.dataset.findUnique({ where: { name: dataset } }))) continue;
    if (await prisma.model.findFirst({ where: { name: model.name, owner: SERVER.name } })) continue;
    const directory = join(assetsDirectory, 'models', model.name);
    if (!existsSync(join(directory, 'model.json'))) {
      log.warn(`model ${model.name} is left out: ${directory} has no model.json`);
      continue;
    }
    try {
      await services.models.submitFolder(SERVER, { ...model, visibility: 'PUBLIC' }, directory);
      log.info(`model ${model.name}`);
    } catch (error) {
      if (!hasCode(error, 'NAME_TAKEN')) throw error;
    }
  }
}

async function demonstrate({ services, log }: BootstrapOptions): Promise<void> {
  const { prisma } = services;
  if ((await prisma.evaluation.count()) > 0) return;
  const { dataset: name, attack, parameters, ...rest } = DEMONSTRATION;
  const dataset = await prisma.dataset.findUnique({ where: { name } });
  const shown = MODELS.filter((model) => model.dataset === name);
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
