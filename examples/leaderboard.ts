/**
 * What a leaderboard compares, on real networks: two of equal weights, one that hides its gradient, one that was attacked by FGSM alone, and one that was attacked by
 * all. `npm run example:leaderboard`, or after a build `node dist/examples/leaderboard.js [number of images]`. It starts a server of its own on a temporary folder.
 *
 * The first table takes each model by whatever it was attacked by, as leaderboards did before they had a protocol. The second is the leaderboard.
 * @module
 */
import '../src/production.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AttackInput, Gauntlet } from '@gauntlet/client';
import { pino } from 'pino';
import { quantisedOnnx } from '../scripts/quantised-onnx.js';
import { type Application, startApplication } from '../src/application.js';
import { loadConfig } from '../src/config.js';
import { findWorstCase } from '../src/services/worst-case/worst-case.js';
import { encodeGlobalId, rowId } from '../src/storage/global-id.js';

const COUNT = Number(process.argv[2] ?? 100);
const EPSILON = 0.2;
const FGSM = { fgsm: { epsilon: EPSILON } };
const PGD = { pgd: { epsilon: EPSILON, steps: 20 } };
/** Of a pixel. */
const LEVELS = 8;
const SPEC = { inputShape: [28, 28, 1], classCount: 10 };

const directory = await mkdtemp(join(tmpdir(), 'gauntlet-leaderboard-'));
const config = loadConfig({ GAUNTLET_PORT: '0', GAUNTLET_DATA_DIR: directory, GAUNTLET_DEMO: 'false', GAUNTLET_LOG_LEVEL: 'error' });
const application = await startApplication(config, pino({ level: config.log.level }));
try {
  await show(application);
} finally {
  await application.close();
  await rm(directory, { recursive: true });
}
process.exit(0);

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`.padStart(7);
}

async function show({ url, firstToken, services }: Application): Promise<void> {
  const gauntlet = new Gauntlet({ url, token: firstToken });
  const dataset = await services.datasets.register({ name: 'mnist-test', format: 'mnist', split: 'TEST' });
  const datasetId = encodeGlobalId('Dataset', dataset.id);

  const folder = (name: string, shipped: string) =>
    services.models.submitFolder(
      { name: 'example', role: 'ADMIN' },
      { name, visibility: 'PUBLIC' },
      join(config.assetsDirectory, 'models', shipped),
    );
  const upload = async (name: string, file: Uint8Array) => {
    const uploadId = await gauntlet.upload(new Blob([Uint8Array.from(file)]));
    const { model, job } = await gauntlet.submitModel({ name, uploadId, spec: SPEC, visibility: 'PUBLIC' });
    await gauntlet.waitFor(job.id);
    return model.id;
  };
  const plain = await folder('plain', 'mnist-baseline');
  const twin = await folder('twin of plain', 'mnist-baseline');
  const hardened = await folder('adversarially trained', 'mnist-adversarial');
  const exported = await fetch(`${url}/models/${plain.id}/onnx`, { headers: { authorization: `Bearer ${firstToken}` } });
  const onnx = new Uint8Array(await exported.arrayBuffer());
  const names = new Map([
    [encodeGlobalId('Model', plain.id), plain.name],
    [encodeGlobalId('Model', twin.id), twin.name],
    [encodeGlobalId('Model', hardened.id), hardened.name],
    [await upload('plain - FGSM alone', onnx), 'plain - FGSM alone'],
    [await upload('plain - quantised', quantisedOnnx(onnx, LEVELS)), 'plain - quantised'],
  ]);
  const ids = [...names.keys()];
  const [plainId, , hardenedId, weakId, quantisedId] = ids;
  const attacked = async (modelIds: (string | undefined)[], attacks: AttackInput[]) => {
    const request = { modelIds: modelIds.filter((id) => id !== undefined), datasetId, attacks, sampleCount: COUNT };
    for (const { job } of await gauntlet.startEvaluation(request)) await gauntlet.waitFor(job.id);
  };
  await attacked([plainId, hardenedId, quantisedId], [FGSM, PGD]);
  await attacked([weakId], [FGSM]);

  console.log(`\nEach model by whatever it was attacked by, ${COUNT} images, L∞, ε = ${EPSILON}:\n`);
  const rows = await Promise.all(
    [...names].map(async ([id, name]) => {
      const worst = await findWorstCase(services.prisma, { modelId: rowId(id, 'Model'), datasetId: dataset.id });
      return { name, robust: worst && worst.right / worst.examples };
    }),
  );
  for (const [i, { name, robust }] of rows.sort((a, b) => (b.robust ?? -1) - (a.robust ?? -1)).entries()) {
    console.log(`${robust === undefined ? '–' : i + 1}  ${name.padEnd(24)} ${robust === undefined ? 'not attacked' : percent(robust)}`);
  }

  const { attacks, entries, excluded } = await gauntlet.leaderboard({ datasetId, norm: 'LINF', epsilon: EPSILON });
  console.log(`\nThe leaderboard, under ${attacks.map(({ kind }) => kind).join(' and ')}:\n`);
  for (const { rank, model, twins, robust, maskedGradients, findings } of entries.nodes) {
    const name = [model, ...twins].map((one) => one.name).join(' = ');
    const codes = findings.map(({ code }) => code).join(' ');
    console.log(`${rank}  ${name.padEnd(24)} ${percent(robust.value!)}${maskedGradients ? '  gradients are masked' : ''}  ${codes}`);
  }
  for (const { model, missing } of excluded) {
    console.log(`–  ${(model?.name ?? '').padEnd(24)} not ranked: not attacked by ${missing.map(({ kind }) => kind).join(', ')}`);
  }
}
