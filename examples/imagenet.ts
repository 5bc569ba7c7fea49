/**
 * The paper's tables on real ImageNet networks: top 1 and top 5 on clean pictures and under FGSM, step l.l., iter. basic and iter. l.l. at ε = 2, 4, 8, 16 of 255, and
 * the transfer between the networks. `npm run example:imagenet -- PICTURES [--networks 0,1] [--images 300] [--resizing PIL_BICUBIC] [--out FILE.md]`.
 *
 * The networks are EfficientNet-Lite 0, 1 or 2 with their published weights, which a script of PyTorch exports: `scripts/with-imagenet-networks.sh` installs both. PICTURES has
 * ImageNet's layout, a folder for each of the 1000 classes in `val`, or is a folder of files like `n01440764_tench.JPEG`, as in the repository
 * EliSchwartz/imagenet-sample-images. The server that computes is one of its own, on a temporary folder.
 * @module
 */
import '../src/production.js';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { type AttackInput, type Evaluation, Gauntlet, type Transfer } from '@gauntlet/client';
import { pino } from 'pino';
import { format, resolveConfig } from 'prettier';
import { type Application, startApplication } from '../src/application.js';
import { loadConfig } from '../src/config.js';
import type { MeanEstimate, Proportion } from '../src/compute/index.js';
import { encodeGlobalId } from '../src/storage/global-id.js';
import { tableMarkdown } from '../src/studies/report/markdown.js';
import type { Table } from '../src/studies/types.js';
import { linkPictures } from './imagenet/pictures.js';

const EPSILONS = ['2/255', '4/255', '8/255', '16/255'];
const ATTACKS: Readonly<Record<string, AttackInput>> = {
  FGSM: { fgsm: { epsilon: EPSILONS[0] } },
  'step l.l.': { stepLl: { epsilon: EPSILONS[0] } },
  'iter. basic': { iterBasic: { epsilon: EPSILONS[0] } },
  'iter. l.l.': { iterLl: { epsilon: EPSILONS[0] } },
};
/** Of the catalogue of attacks, in the order of {@link ATTACKS}. */
const KINDS = ['FGSM', 'STEP_LL', 'ITER_BASIC', 'ITER_LL'];
/** As EfficientNet-Lite was trained. */
const SPEC = { valueRange: [0, 255], mean: [127, 127, 127], std: [128, 128, 128] };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    networks: { type: 'string', default: '0,1' },
    images: { type: 'string', default: '300' },
    resizing: { type: 'string', default: 'PIL_BICUBIC' },
    out: { type: 'string' },
  },
});
const sizes = values.networks.split(',');
const [pictures] = positionals;
if (!pictures) throw new Error('Name a folder of pictures: npm run example:imagenet -- PICTURES');
const python = process.env.GAUNTLET_TORCH_PYTHON;
if (!python) throw new Error('GAUNTLET_TORCH_PYTHON names no Python with PyTorch: run it by `npm run example:imagenet`.');

const directory = await mkdtemp(join(tmpdir(), 'gauntlet-imagenet-'));
const [folder, networks] = [join(directory, 'pictures'), join(directory, 'networks')];
try {
  const imageCount = await linkPictures(pictures, folder, Number(values.images));
  await mkdir(networks);
  await promisify(execFile)(python, ['examples/imagenet/export.py', networks, ...sizes]);
  const config = loadConfig({
    ...process.env,
    GAUNTLET_PORT: '0',
    GAUNTLET_DATA_DIR: join(directory, 'data'),
    GAUNTLET_DEMO: 'false',
    GAUNTLET_LOG_LEVEL: 'error',
    GAUNTLET_IMAGENET_DIR: folder,
  });
  const application = await startApplication(config, pino({ level: config.log.level }));
  try {
    const start = performance.now();
    const report = await measured(application);
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    const about = `${imageCount} pictures, resized as \`${values.resizing}\`, at 224 × 224; ${report.engine}; ${seconds} s. Shares with 95 % intervals (Wilson).`;
    const text = ['## EfficientNet-Lite under the attacks of the paper', about, ...report.tables.map(tableMarkdown)].join('\n\n');
    const options = values.out ? await resolveConfig(values.out) : {};
    const markdown = await format(text, { parser: 'markdown', ...options });
    console.log(markdown);
    if (values.out) await writeFile(values.out, markdown);
  } finally {
    await application.close();
  }
} finally {
  await rm(directory, { recursive: true });
}
process.exit(0);

async function measured({ url, firstToken, services }: Application): Promise<{ engine: string; tables: Table[] }> {
  const gauntlet = new Gauntlet({ url, token: firstToken });
  const dataset = await services.datasets.register({ name: 'pictures', format: 'imagenet-224', split: 'TEST', resizing: values.resizing });
  const ids: string[] = [];
  for (const size of sizes) {
    const name = `EfficientNet-Lite${size}`;
    const uploadId = await gauntlet.upload(new Blob([await readFile(join(networks, `efficientnet-lite${size}.onnx`))]));
    const { model, job } = await gauntlet.submitModel({ name, uploadId, spec: SPEC });
    await gauntlet.waitFor(job.id);
    ids.push(model.id);
  }
  const { id, job } = await gauntlet.startTransfer({
    sourceIds: ids,
    targetIds: ids,
    datasetId: encodeGlobalId('Dataset', dataset.id),
    attacks: Object.values(ATTACKS),
    epsilons: EPSILONS,
    sampleCount: dataset.exampleCount,
  });
  let said = '';
  const onProgress = ({ progress: { done, total, unit } }: typeof job) => {
    const line = `${done} of ${total} ${unit}`;
    if (line !== said) console.error(line);
    said = line;
  };
  await gauntlet.waitFor(job.id, { onProgress });
  const transfer = (await gauntlet.transfer(id))!;
  const evaluations: Evaluation[] = [];
  for (const each of transfer.evaluations) evaluations.push((await gauntlet.evaluation(each.id))!);
  return { engine: evaluations[0]!.engine!, tables: [...accuracyTables(evaluations), ...transferTables(transfer)] };
}

/** As in the paper: a row for each attack, clean pictures first, then each ε. */
function accuracyTables(evaluations: readonly Evaluation[]): Table[] {
  const names = [...new Set(evaluations.map(({ model }) => model!.name))];
  return names.flatMap((name) =>
    (['top1', 'top5'] as const).map((top) => ({
      title: `${name}: ${top === 'top1' ? 'top 1' : 'top 5'}`,
      columns: ['attack', 'clean', ...EPSILONS.map((epsilon) => `ε = ${epsilon}`)],
      rows: Object.keys(ATTACKS).map((label, attack) => {
        const under = EPSILONS.map((epsilon) =>
          evaluations.find(
            (each) => each.model!.name === name && each.attack.kind === KINDS[attack] && each.attack.epsilonText === epsilon,
          )!,
        );
        return { label, cells: [estimate(under[0]!.clean![top]), ...under.map((each) => estimate(each.adversarial![top]))] };
      }),
    })),
  );
}

/** Of the adversarial images that fool the source, and whose originals both get right, the share that fools the target. */
function transferTables({ cells }: Transfer): Table[] {
  const others = cells.filter(({ source, target }) => source!.id !== target!.id);
  const pairs = [...new Set(others.map(({ source, target }) => `${source!.name} → ${target!.name}`))];
  return Object.keys(ATTACKS).map((title, attack) => ({
    title: `Transfer rate of ${title}`,
    columns: ['source → target', ...EPSILONS.map((epsilon) => `ε = ${epsilon}`)],
    rows: pairs.map((label) => ({
      label,
      cells: EPSILONS.map((epsilon) => {
        const cell = others.find(
          (each) =>
            `${each.source!.name} → ${each.target!.name}` === label &&
            each.attack.kind === KINDS[attack] &&
            each.attack.epsilonText === epsilon,
        );
        return estimate(cell!.rate);
      }),
    })),
  }));
}

function estimate({ value, lower, upper, n }: Omit<Proportion, 'value'> & { value?: number | null }): MeanEstimate | null {
  return value == null ? null : { mean: value, lower, upper, n };
}
