/** `gauntlet train` and `certify`. @module */
import { type Command, InvalidArgumentError } from 'commander';
import { accepted } from '../gauntlet.js';
import {
  CertificationDocument,
  type OptimizerInput,
  type ScheduleInput,
  StartCertificationDocument,
  StartTrainingDocument,
  type TrainingSchemeInput,
  TrainingRunDocument,
} from '../generated.js';
import { withServer } from './connection.js';
import { percent, printJson, printTable, short } from './output.js';
import { datasetId, modelIds, modelTitle } from './request.js';
import { number, positiveNumber, wholeNumber } from './values.js';
import { watch } from './watch.js';

interface TrainOptions {
  readonly dataset: string;
  readonly scheme: TrainingSchemeInput;
  readonly optimizer: OptimizerInput;
  readonly schedule: ScheduleInput;
  readonly name: string;
  readonly architecture?: boolean;
  readonly epochs?: number;
  readonly steps?: number;
  readonly batchSize: number;
  readonly extra: readonly ExtraOption[];
  readonly seed: number;
}

interface ExtraOption {
  readonly dataset: string;
  readonly fraction: number;
}

interface CertifyOptions {
  readonly dataset: string;
  readonly sigma: number;
  readonly samples?: number;
  readonly estimation: number;
  readonly seed: number;
}

/** A name alone, or JSON with parameters: `fast`, or `{"algorithm1": {"lambda": 0.3}}`. */
function choice<T>(text: string): T {
  if (/^\w+$/.test(text)) return { [text]: text === 'standard' ? true : {} } as T;
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new InvalidArgumentError('Give a name, or JSON such as {"algorithm1": {"lambda": 0.3}}.');
  }
}

/** A name and a fraction, after those that were given before. */
function extra(text: string, before: readonly ExtraOption[]): ExtraOption[] {
  const [, dataset, fraction] = /^(.+)=([^=]+)$/.exec(text) ?? [];
  if (dataset === undefined) throw new InvalidArgumentError('Give a name and a share of each minibatch, such as generated=0.7.');
  return [...before, { dataset, fraction: number(fraction!) }];
}

export function addTraining(program: Command): void {
  program
    .command('train')
    .description('train a model further, or a built-in architecture')
    .argument('<model>', 'name or id of the model to begin with; with --architecture, name of an architecture')
    .requiredOption('--dataset <name>', 'name or id of the data set to train on')
    .requiredOption('--name <name>', 'name of the trained model')
    .option('--architecture', 'begin with random weights of this architecture, such as mnist-cnn')
    .option('--scheme <scheme>', 'name, or JSON with parameters, of a training scheme', choice<TrainingSchemeInput>, {
      algorithm1: {},
    } as TrainingSchemeInput)
    .option('--optimizer <optimizer>', 'likewise', choice<OptimizerInput>, { adam: {} } as OptimizerInput)
    .option('--schedule <schedule>', 'of the learning rate, likewise', choice<ScheduleInput>, { constant: {} } as ScheduleInput)
    .option('--epochs <n>', 'passes over the data set', positiveNumber)
    .option('--steps <n>', 'or steps', positiveNumber)
    .option('--batch-size <n>', 'images of a step', positiveNumber, 32)
    .option('--extra <name=fraction>', 'a further data set and its share of each minibatch; may be repeated', extra, [])
    .option('--seed <n>', 'seed of everything random', wholeNumber, 0)
    .action(async (model: string, { dataset, extra, architecture, ...options }: TrainOptions, command: Command) => {
      await withServer(command, async ({ gauntlet, json }) => {
        const base = architecture ? { architecture: { name: model } } : { modelId: (await modelIds(gauntlet, [model]))[0]! };
        const extraDatasets = await Promise.all(
          extra.map(async (one) => ({ datasetId: await datasetId(gauntlet, one.dataset), fraction: one.fraction })),
        );
        const input = { ...options, ...base, datasetId: await datasetId(gauntlet, dataset), extraDatasets };
        const { trainingRun } = accepted((await gauntlet.request(StartTrainingDocument, { input })).startTraining, 'StartTrainingSuccess');
        await watch(gauntlet, [{ name: `${options.name} ${trainingRun.scheme}`, jobId: trainingRun.job.id }]);
        const finished = (await gauntlet.request(TrainingRunDocument, { id: trainingRun.id })).trainingRun!;
        if (json) return printJson(finished);
        printTable(
          ['model', 'step', 'loss', 'clean', 'one step', 'iterative'],
          finished.series.map(({ step, loss, cleanAccuracy, oneStepAccuracy, iterativeAccuracy }) => [
            finished.model.name,
            String(step),
            ...[loss, cleanAccuracy, oneStepAccuracy, iterativeAccuracy].map((value) => short(value)),
          ]),
        );
      });
    });
  program
    .command('certify')
    .description('certify a model by randomised smoothing: radii in L2 that no change inside of can fool it')
    .argument('<model>', 'name or id')
    .requiredOption('--dataset <name>', 'name or id of the data set')
    .requiredOption('--sigma <σ>', 'standard deviation of the noise, a share of the pixel range', number)
    .option('--samples <n>', 'number of examples', wholeNumber)
    .option('--estimation <n>', 'noisy copies of each example that a radius is estimated from', positiveNumber, 1000)
    .option('--seed <n>', 'seed of everything random', wholeNumber, 0)
    .action(async (model: string, { dataset, samples, estimation, ...options }: CertifyOptions, command: Command) => {
      await withServer(command, async ({ gauntlet, json }) => {
        const input = {
          ...options,
          modelId: (await modelIds(gauntlet, [model]))[0]!,
          datasetId: await datasetId(gauntlet, dataset),
          sampleCount: samples,
          estimationSamples: estimation,
        };
        const started = accepted(
          (await gauntlet.request(StartCertificationDocument, { input })).startCertification,
          'StartCertificationSuccess',
        );
        const { id, job } = started.certification;
        await watch(gauntlet, [{ name: `${model} σ=${options.sigma}`, jobId: job.id }]);
        const finished = (await gauntlet.request(CertificationDocument, { id })).certification!;
        if (json) return printJson(finished);
        printTable(
          ['model', 'radius (L2)', 'certified accuracy'],
          (finished.certifiedAccuracy ?? []).map(({ radius, accuracy }) => [modelTitle(finished.model), short(radius), percent(accuracy)]),
        );
      });
    });
}
