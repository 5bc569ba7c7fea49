/** The command line `gauntlet` against a real server. */
import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Leaderboard, Transfer } from '@gauntlet/client';
import { format } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { treeFile } from '../compute/decision-tree.js';
import { ModelEndpoint, PASSWORD } from '../compute/model-endpoint.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { registerMnist } from './support/operations.js';

const MODEL = 'assets/models/mnist-baseline';
const IMAGES = ['--input-shape', '28,28,1', '--classes', '10'];
const TRANSFER = ['transfer', '--dataset', 'mnist-test', '--attacks', 'fgsm', '--epsilon', '76/255', '--samples', '32'];

let app: TestApplication;
let endpoint: ModelEndpoint;
let directory: string;

beforeAll(async () => {
  [app, endpoint] = await Promise.all([
    startTestApplication({ GAUNTLET_SHARD_SIZE: '16', GAUNTLET_REMOTE_MODEL_NETWORKS: '127.0.0.1/32' }),
    ModelEndpoint.start(),
  ]);
  directory = await mkdtemp(join(tmpdir(), 'gauntlet-test-'));
  await registerMnist(app.graphql);
});

afterAll(async () => {
  await app?.close();
  await endpoint?.close();
  await rm(directory, { recursive: true });
});

describe('the command line', () => {
  it.each([[['--help']], [['submit', '--help']]])('names the variables of secrets in %s, and prints none', async (args) => {
    const { status, output, errors } = await gauntletProcess(...args);
    expect([status, errors]).toEqual([0, '']);
    expect(output).toMatch(/GAUNTLET_(TOKEN|ENDPOINT_AUTHORIZATION)/);
    for (const secret of [app.authorization.replace('Bearer ', ''), PASSWORD, app.url]) expect(output).not.toContain(secret);
  });

  it('submits a folder, evaluates two attacks at two ε, and prints a table', async () => {
    const submitted = await gauntletProcess('submit', MODEL, '--name', 'by command line');
    expect(submitted).toMatchObject({ status: 0 });
    expect(submitted.output).toContain('28×28×1');

    const attacks = ['--attacks', 'fgsm,iterBasic', '--epsilon', '8/255,76/255'];
    const evaluated = await gauntletCommand('evaluate', 'by command line', '--dataset', 'mnist-test', ...attacks, '--samples', '32');
    expect(evaluated).toMatchObject({ status: 0 });
    for (const title of ['FGSM ε=8/255', 'FGSM ε=76/255', 'ITER_BASIC ε=8/255', 'ITER_BASIC ε=76/255'])
      expect(evaluated.output).toContain(title);
    expect((await gauntletCommand('evaluate', 'any', '--dataset', 'mnist-test', '--judging', 'maybe')).errors).toContain('stored or float');
  });

  it('prints JSON for other programs', async () => {
    const attack = '{"fgsm": {"epsilon": "16/255", "label": "PREDICTED"}}';
    const { output } = await gauntletCommand(
      '--json',
      'evaluate',
      'by command line',
      '--dataset',
      'mnist-test',
      '--attack',
      attack,
      '--samples',
      '16',
      '--judging',
      'float',
    );
    expect(JSON.parse(output)).toMatchObject([
      { sampleCount: 16, judging: 'FLOAT', attack: { kind: 'FGSM', parameters: { label: 'PREDICTED' } } },
    ]);
  });

  it.each([
    ['JSON', 'json?version=3', 'LOGITS', 'SCORE'],
    ['JSON', 'labels', 'LABELS', 'DECISION'],
    ['KSERVE_V2', 'v2', 'LOGITS', 'SCORE'],
    ['RAW_FLOAT32', 'raw', 'LOGITS', 'SCORE'],
  ])('submits an endpoint that speaks %s at /%s, with its secret from the environment', async (protocol, path, answers, access) => {
    const about = [
      '--protocol',
      protocol,
      '--answers',
      answers,
      '--batch-size',
      '8',
      '--timeout',
      '60.5',
      '--rate',
      '50',
      '--retries',
      '1',
    ];
    const name = `endpoint ${protocol} ${answers}`;
    const { output, ...rest } = await gauntletCommand('--json', 'submit', endpoint.url(path), '--name', name, ...IMAGES, ...about);
    expect(rest).toEqual({ status: 0, errors: '' });
    expect(JSON.parse(output)).toMatchObject({
      name,
      status: 'READY',
      access,
      endpoint: { protocol, answers, batchSize: 8, timeoutSeconds: 60.5, requestsPerSecond: 50, retries: 1 },
    });
    expect(output).not.toContain(PASSWORD);
  });

  it('submits an ONNX file without gradients as a black box', async () => {
    const shares = (label: number) => ({ shares: Array.from({ length: 10 }, (_, i) => (i === label ? 1 : 0)) });
    const path = join(directory, 'tree.onnx');
    await writeFile(path, treeFile({ pixel: 406, dark: shares(0), bright: shares(1) }));
    const { status, output } = await gauntletCommand('submit', path, '--access', 'SCORE', ...IMAGES);
    expect(status).toBe(0);
    expect(output).toMatch(/tree .*SCORE .*28×28×1 .*10 .*PROBABILITIES .*–/);
  });

  it('transfers images from sources to targets and prints a table of rates', async () => {
    expect(await gauntletCommand('submit', 'assets/models/mnist-adversarial', '--name', 'hardened')).toMatchObject({ status: 0 });
    const models = ['--sources', 'by command line,hardened', '--targets', 'by command line,hardened'];
    const { output } = await gauntletCommand('--json', ...TRANSFER, ...models);
    const { cells } = JSON.parse(output) as Transfer;
    expect(cells).toHaveLength(4);

    const table = await gauntletCommand(...TRANSFER, ...models);
    expect(table).toMatchObject({ status: 0 });
    expect(table.output).toMatch(/source .*attack .*fools by command line .*fools hardened/);
    const percent = (share: number) => (100 * share).toFixed(1);
    for (const source of ['by command line', 'hardened']) {
      const row = table.output.split('\n').find((line) => line.startsWith(`│ ${source}`))!;
      const rates = ['by command line', 'hardened'].map(
        (name) => cells.find((c) => c.source.name === source && c.target.name === name)!.rate,
      );
      expect(rates.find(({ value }) => value !== null)).toBeDefined();
      const shown = rates.map(({ value, lower, upper }) =>
        value === null ? '–' : `${percent(value)} % [${percent(lower)}, ${percent(upper)}]`,
      );
      expect(row.split('│').map((text) => text.trim())).toEqual(['', source, 'FGSM ε=76/255', ...shown, '']);
    }
  });

  it('ranks the models that were attacked with a budget', async () => {
    const leaderboard = ['leaderboard', '--dataset', 'mnist-test', '--norm', 'LINF', '--epsilon', '76/255'];
    const fgsm = ['--attacks', 'fgsm'];
    const { entries } = JSON.parse((await gauntletCommand('--json', ...leaderboard, ...fgsm)).output) as Leaderboard;
    expect(entries.nodes.map(({ rank, model }) => [rank, model.name])).toEqual([
      [1, 'hardened'],
      [2, 'by command line'],
    ]);
    const ranked = async (...options: string[]) =>
      (JSON.parse((await gauntletCommand('--json', ...leaderboard, ...options)).output) as Leaderboard).entries.nodes.length;
    expect(await ranked('--attacks', 'fgsm', '--samples', '32', '--offset', '0')).toBe(2);
    expect(await ranked('--attacks', 'fgsm,pgd')).toBe(0);
    expect(await ranked('--offset', '1')).toBe(0);
    const unmatched = await gauntletCommand(...leaderboard, '--attacks', 'fgsm,pgd');
    expect(unmatched.output).toMatch(/Not ranked \(2\)[^]*hardened .*PGD/);
    expect((await gauntletCommand(...leaderboard, '--norm', 'L2')).output).toMatch(
      /No model has finished an attack of this norm and budget/,
    );
    // Half of the models were attacked by iter. basic too, and the other was not.
    expect((await gauntletCommand(...leaderboard)).output).toMatch(/1 .*by command line[^]*Not ranked \(1\)[^]*hardened .*ITER_BASIC/);
    const { status, output } = await gauntletCommand(...leaderboard, ...fgsm);
    expect(status).toBe(0);
    expect(output).toMatch(/worst case .*findings/);
    expect(output).toMatch(/hardened .*TOO_FEW_EXAMPLES/);
    expect(output).toMatch(/1 .*hardened .*32 .*FGSM[^]*2 .*by command line .*32 .*FGSM/);
  });

  it.each([
    [
      'an attack that there is not',
      ['evaluate', 'by command line', '--dataset', 'mnist-test', '--attacks', 'magic'],
      /no attack "magic".*fgsm/,
    ],
    ['a model that there is not', ['evaluate', 'nobody', '--dataset', 'mnist-test', '--attacks', 'fgsm'], /no model "nobody"/],
    [
      'an attack on a leaderboard that there is not',
      ['leaderboard', '--dataset', 'mnist-test', '--epsilon', '0.1', '--attacks', 'magic'],
      /no attack "magic".*fgsm/,
    ],
    ['a norm that there is not', ['leaderboard', '--dataset', 'mnist-test', '--norm', 'L7', '--epsilon', '0.1'], /"L7".*"Norm"/],
    ['a target that there is not', [...TRANSFER, '--sources', 'by command line', '--targets', 'nobody'], /no model "nobody"/],
    ['an endpoint of unknown answers', ['submit', 'http://127.0.0.1/predict', ...IMAGES], /--answers/],
    ['an endpoint that is a file', ['submit', MODEL, '--answers', 'LOGITS'], /mnist-baseline is none/],
    ['a file that there is not', ['submit', '/nowhere.onnx'], /no file or folder/],
    [
      'an ε that is none',
      ['evaluate', 'by command line', '--dataset', 'mnist-test', '--attacks', 'fgsm', '--epsilon', 'much'],
      /Magnitude/,
    ],
    ['a server that is not there', ['--url', 'http://127.0.0.1:1', 'models'], /UNREACHABLE/],
    ['an upload to a server that is not there', ['--url', 'http://127.0.0.1:1', 'submit', MODEL], /^UNREACHABLE: .*Is the server running/],
    ['an upload with a wrong token', ['--token', 'wrong', 'submit', MODEL], /^UNAUTHENTICATED: /],
  ])('reports an error of %s in one line', async (_, args, message) => {
    const { status, errors } = await gauntletCommand(...args);
    expect(status).toBe(1);
    expect(errors).toMatch(message);
    expect(errors).not.toMatch(/\n\s+at /);
  });

  it('reports why a file that is no model was rejected', async () => {
    const folder = join(directory, 'no-model');
    await mkdir(folder);
    await copyFile('package.json', join(folder, 'model.json'));
    const { status, errors } = await gauntletCommand('submit', folder, '--name', 'no model');
    expect(status).toBe(1);
    expect(errors).toMatch(/model/i);
  });
});

interface Finished {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

const environment = () => ({
  GAUNTLET_URL: app.url,
  GAUNTLET_TOKEN: app.authorization.replace('Bearer ', ''),
  GAUNTLET_ENDPOINT_AUTHORIZATION: PASSWORD,
});

/** Runs `gauntlet` as its user does. */
async function gauntletProcess(...args: string[]): Promise<Finished> {
  const child = spawn(process.execPath, ['client/bin/gauntlet.js', ...args], { env: { ...process.env, ...environment() } });
  const [output, errors] = [child.stdout, child.stderr].map(async (stream) => Buffer.concat(await stream.toArray()).toString());
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, output: (await output)!, errors: (await errors)! };
}

const { main } = (await import(
  new URL('../../../client/dist/cli/main.js', import.meta.url).href
)) as typeof import('../../client/dist/cli/main.js');

/** The same in this process: starting one for every command takes most of a minute. */
async function gauntletCommand(...args: string[]): Promise<Finished> {
  const written = { output: '', errors: '' };
  const into = (name: keyof typeof written) => (text: unknown) => Boolean((written[name] += String(text)));
  const lineInto =
    (name: keyof typeof written) =>
    (...values: unknown[]) =>
      void into(name)(`${format(...values)}\n`);
  vi.spyOn(process.stdout, 'write').mockImplementation(into('output'));
  vi.spyOn(process.stderr, 'write').mockImplementation(into('errors'));
  vi.spyOn(console, 'log').mockImplementation(lineInto('output'));
  vi.spyOn(console, 'error').mockImplementation(lineInto('errors'));
  for (const [name, value] of Object.entries(environment())) vi.stubEnv(name, value);
  try {
    return { status: await main(['node', 'gauntlet', ...args]), ...written };
  } finally {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  }
}
