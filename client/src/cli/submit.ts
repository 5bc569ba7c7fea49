/** `gauntlet submit`: a model from a file, a folder or behind an HTTP endpoint. @module */
import type { Command } from 'commander';
import { basename } from 'node:path';
import type { Gauntlet, Job, Model } from '../gauntlet.js';
import type { ModelAccess, ModelFormat, SubmitModelInput } from '../generated.js';
import { withServer } from './connection.js';
import { addEndpointOptions, endpointInput, isAddress, refuseEndpointOptions, type EndpointOptions } from './endpoint.js';
import { withModelFile } from './model-file.js';
import { imageSize, orDash, printJson, printTable, Progress } from './output.js';
import { modelIds, versioned } from './request.js';
import { numbers, wholeNumber } from './values.js';

interface SubmitOptions extends EndpointOptions {
  readonly name?: string;
  readonly versionOf?: string;
  readonly description?: string;
  readonly format?: ModelFormat;
  readonly access?: ModelAccess;
  readonly inputShape?: number[];
  readonly classes?: number;
  readonly valueRange?: number[];
  readonly mean?: number[];
  readonly std?: number[];
  readonly bgr?: boolean;
  readonly public?: boolean;
}

export function addSubmit(program: Command): void {
  const command = program
    .command('submit')
    .description('submit a model and wait until it has been checked')
    .argument('<model>', 'model.onnx, a zip or tar, a folder with model.json and its weights, or the http address of an endpoint')
    .option('--name <name>', 'unique name (default: that of the file or of the host)')
    .option('--version-of <model>', 'name or id of a model of yours whose next version it is, in place of a name')
    .option('--description <text>')
    .option('--format <format>', 'format of the files (default: the server finds out)')
    .option('--access <access>', 'the most that attacks have of files: GRADIENT, or SCORE or DECISION for a black box (default: GRADIENT)')
    .option('--input-shape <list>', 'height, width and channels, for an endpoint and where a file does not say', numbers)
    .option('--classes <n>', 'number of classes, likewise', wholeNumber)
    .option('--value-range <low,high>', "the network's own pixel range before mean and std, such as 0,255", numbers)
    .option('--mean <list>', 'mean of each channel, in units of the value range', numbers)
    .option('--std <list>', 'standard deviation of each channel', numbers)
    .option('--bgr', 'the network was trained on BGR images')
    .option('--public', 'everyone with a token may see and download it (default: you alone)');
  addEndpointOptions(command).action(async (model: string, options: SubmitOptions, command: Command) => {
    await withServer(command, async ({ gauntlet, json }) => {
      const progress = new Progress();
      try {
        const source = isAddress(model) ? endpoint(model, options) : await file(gauntlet, model, options, progress);
        const submitted = await gauntlet.submitModel({ ...input(options), ...source, ...(await nextVersion(gauntlet, options.versionOf)) });
        await check(gauntlet, submitted.job, progress);
        progress.stop();
        const checked = (await gauntlet.model({ id: submitted.model.id })) ?? submitted.model;
        if (json) printJson(checked);
        else printModel(checked);
      } finally {
        progress.stop();
      }
    });
  });
}

/** What takes the place of a name. */
export async function nextVersion(gauntlet: Gauntlet, model: string | undefined): Promise<Pick<SubmitModelInput, 'name' | 'versionOf'>> {
  return model === undefined ? {} : { name: undefined, versionOf: (await modelIds(gauntlet, [model]))[0]! };
}

type Source = Pick<SubmitModelInput, 'name' | 'endpoint' | 'uploadId'>;

function endpoint(url: string, options: SubmitOptions): Source {
  return { name: options.name ?? new URL(url).hostname, endpoint: endpointInput(url, options) };
}

async function file(gauntlet: Gauntlet, path: string, options: SubmitOptions, progress: Progress): Promise<Source> {
  refuseEndpointOptions(path, options);
  const name = options.name ?? basename(path).replace(/\.(onnx|zip|tar|tgz|tar\.gz)$/, '');
  return { name, uploadId: await send(gauntlet, path, progress) };
}

function send(gauntlet: Gauntlet, path: string, progress: Progress): Promise<string> {
  return withModelFile(path, (file, fileName) => {
    const bar = progress.add('upload');
    const report = (done: number, total: number) =>
      bar.update({ state: done < total ? 'RUNNING' : 'SUCCEEDED', progress: { done, total, unit: 'bytes' } });
    return gauntlet.upload(file, { fileName, onProgress: report });
  });
}

async function check(gauntlet: Gauntlet, job: Job, progress: Progress): Promise<void> {
  const bar = progress.add('check');
  await gauntlet.waitFor(job.id, { onProgress: (update) => bar.update(update) });
}

function input(options: SubmitOptions): Omit<SubmitModelInput, 'name'> {
  const { description, format, access, inputShape, classes, valueRange, mean, std, bgr } = options;
  const spec = { inputShape, classCount: classes, valueRange, mean, std, ...(bgr ? { channelOrder: 'BGR' as const } : {}) };
  return { description, format, access, spec, visibility: options.public ? 'PUBLIC' : 'PRIVATE' };
}

function printModel({
  id,
  name,
  version,
  access,
  parameterCount,
  spec,
  output,
  gradientsHealthy,
  forwardDifference,
  warnings,
}: Model): void {
  printTable(
    ['model', 'id', 'access', 'input', 'classes', 'output', 'parameters', 'healthy gradients', 'Δ to onnxruntime'],
    [
      [
        versioned(name, version),
        id,
        access,
        imageSize(spec),
        ...[spec?.classCount, output, parameterCount, gradientsHealthy, forwardDifference?.toExponential(0)].map(orDash),
      ],
    ],
  );
  for (const warning of warnings) console.log(`warning: ${warning}`);
}
