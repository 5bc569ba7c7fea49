/** `gauntlet download` and `import`: models out, adversarial images of other tools in. @module */
import type { Command } from 'commander';
import { openAsBlob } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { GauntletError } from '../errors.js';
import { accepted } from '../gauntlet.js';
import { ImportImagesDocument, type Judging, type Norm } from '../generated.js';
import { withServer } from './connection.js';
import { printEvaluations } from './evaluate.js';
import { printJson } from './output.js';
import { datasetId, modelIds } from './request.js';
import { judging, positiveNumber, wholeNumber } from './values.js';
import { evaluationJob, watch } from './watch.js';

interface ImportOptions {
  readonly dataset: string;
  readonly epsilon?: string;
  readonly norm: Norm;
  readonly array?: string;
  readonly offset: number;
  readonly judging?: Judging;
}

export function addFiles(program: Command): void {
  program
    .command('download')
    .description('write a model to a file')
    .argument('<model>', 'name or id')
    .option('--out <file>', 'the file (default: the name of the model)')
    .option('--batch <n>', 'images at once that the ONNX file takes', positiveNumber, 1)
    .option('--stored', 'the files as the server keeps them, such as those that were submitted, instead of ONNX')
    .action(async (name: string, { out, batch, stored }: { out?: string; batch: number; stored?: boolean }, command: Command) => {
      await withServer(command, async ({ gauntlet }) => {
        const [id] = await modelIds(gauntlet, [name]);
        const model = (await gauntlet.model({ id: id! }))!;
        const path = stored ? model.downloadUrl : model.onnxUrl && `${model.onnxUrl}?batch=${batch}`;
        // Those with gradients have a network: it is not for this viewer.
        if (!path && model.access === 'GRADIENT')
          throw new GauntletError(
            'FORBIDDEN',
            `The model "${model.name}" is listed: its results are everyone's, and its files are its owner's.`,
          );
        if (!path)
          throw new GauntletError(
            'NO_FILE',
            `The model "${model.name}" has no ${stored ? 'files' : 'network that could be written as a file'}.`,
          );
        const file = out ?? `${model.name.replace(/[^\w.-]+/g, '-')}${stored ? '.tar' : '.onnx'}`;
        await writeFile(file, await gauntlet.download(path));
        console.log(file);
      });
    });
  program
    .command('import')
    .description('evaluate models on adversarial images that another tool made')
    .argument('<images>', 'npz or npy of images, in the order of the data set')
    .argument('<models...>', 'names or ids')
    .requiredOption('--dataset <name>', 'name or id of the data set that they were made of')
    .option('--epsilon <size>', 'budget that they are to keep, such as 8/255')
    .option('--norm <norm>', 'norm of the budget: LINF, L2, L1 or L0', 'LINF')
    .option('--array <name>', 'array of an npz file')
    .option('--offset <n>', 'first example', wholeNumber, 0)
    .option('--judging <how>', 'what success is decided on: stored or float', judging)
    .action(async (images: string, models: string[], { dataset, ...options }: ImportOptions, command: Command) => {
      await withServer(command, async ({ gauntlet, json }) => {
        const found = await stat(images).catch(() => undefined);
        if (!found?.isFile()) throw new GauntletError('NO_FILE', `There is no file ${images}.`);
        const file = await openAsBlob(images);
        const uploadId = await gauntlet.upload(file, { fileName: basename(images) });
        const input = { ...options, uploadId, datasetId: await datasetId(gauntlet, dataset), modelIds: await modelIds(gauntlet, models) };
        const { evaluations } = accepted((await gauntlet.request(ImportImagesDocument, { input })).importImages, 'StartEvaluationSuccess');
        await watch(gauntlet, evaluations.map(evaluationJob));
        const finished = await Promise.all(evaluations.map(async ({ id }) => (await gauntlet.evaluation(id))!));
        if (json) printJson(finished);
        else printEvaluations(finished);
      });
    });
}
