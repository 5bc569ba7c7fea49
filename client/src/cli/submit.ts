/** `gauntlet submit`: a model from a file, a folder or the server's own architectures. @module */
import type { Command } from 'commander';
import { basename } from 'node:path';
import type { Gauntlet, Job, Model } from '../gauntlet.js';
import type { ModelFormat, SubmitModelInput } from '../generated.js';
import { withServer } from './connection.js';
import { withModelFile } from './model-file.js';
import { imageSize, printJson, printTable, Progress } from './output.js';
import { numbers } from './values.js';

interface SubmitOptions {
  readonly name?: string;
  readonly description?: string;
  readonly format?: ModelFormat;
  readonly valueRange?: number[];
  readonly mean?: number[];
  readonly std?: number[];
  readonly bgr?: boolean;
  readonly public?: boolean;
}

export function addSubmit(program: Command): void {
  program
    .command('submit')
    .description('submit a model and wait until it has been checked')
    .argument('<path>', 'model.onnx, a zip or tar, or a folder with model.json and its weights')
    .option('--name <name>', 'unique name (default: that of the file)')
    .option('--description <text>')
    .option('--format <format>', 'format of the files (default: the server finds out)')
    .option('--value-range <low,high>', "the network's own pixel range before mean and std, such as 0,255", numbers)
    .option('--mean <list>', 'mean of each channel, in units of the value range', numbers)
    .option('--std <list>', 'standard deviation of each channel', numbers)
    .option('--bgr', 'the network was trained on BGR images')
    .option('--public', 'everyone with a token may see and download it (default: you alone)')
    .action(async (path: string, options: SubmitOptions, command: Command) => {
      await withServer(command, async ({ gauntlet, json }) => {
        const progress = new Progress();
        try {
          const uploadId = await send(gauntlet, path, progress);
          const name = options.name ?? basename(path).replace(/\.(onnx|zip|tar|tgz|tar\.gz)$/, '');
          const { model, job } = await gauntlet.submitModel({ ...input(options), name, uploadId });
          await check(gauntlet, job, progress);
          progress.stop();
          const checked = (await gauntlet.model({ id: model.id })) ?? model;
          if (json) printJson(checked);
          else printModel(checked);
        } finally {
          progress.stop();
        }
      });
    });
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
  const { description, format, valueRange, mean, std, bgr } = options;
  const spec = { valueRange, mean, std, ...(bgr ? { channelOrder: 'BGR' as const } : {}) };
  return { description, format, spec, visibility: options.public ? 'PUBLIC' : 'PRIVATE' };
}

function printModel({ id, name, parameterCount, spec, output, gradientsHealthy, warnings }: Model): void {
  printTable(
    ['model', 'id', 'input', 'classes', 'output', 'parameters', 'healthy gradients'],
    [[name, id, imageSize(spec), String(spec?.classCount), String(output), String(parameterCount), String(gradientsHealthy)]],
  );
  for (const warning of warnings) console.log(`warning: ${warning}`);
}
