/** The command line `gauntlet` against a real server. */
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Leaderboard, Transfer } from '@gauntlet/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { treeFile } from '../compute/decision-tree.js';
import { ModelEndpoint, PASSWORD } from '../compute/model-endpoint.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import * as commandLine from './support/command-line.js';
import { dataOf } from './support/client.js';
import { registerMnist, submitArchitecture } from './support/operations.js';

const MODEL = 'assets/models/mnist-baseline';
const IMAGES = ['--input-shape', '28,28,1', '--classes', '10'];
const TRANSFER = ['transfer', '--dataset', 'mnist-test', '--attacks', 'fgsm', '--epsilon', '76/255', '--samples', '32'];

const gauntletProcess = (...args: string[]) => commandLine.gauntletProcess(app, ...args);
const gauntletCommand = (...args: string[]) => commandLine.gauntletCommand(app, ...args);

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

  it('enters a file in a benchmark, with its card, and prints where it stands', async () => {
    const create = `mutation ($input: CreateBenchmarkInput!) { createBenchmark(input: $input) { __typename } }`;
    const { dataset } = await dataOf(app.graphql('{ dataset(name: "mnist-test") { id } }'));
    const protocol = {
      name: 'small/0.1',
      title: 'Small',
      rules: 'None.',
      datasetId: dataset.id,
      norm: 'LINF',
      epsilon: 0.1,
      sampleCount: 32,
    };
    await dataOf(app.graphql(create, { input: { ...protocol, attacks: [{ fgsm: { epsilon: 0.1 } }] } }));
    const card = join(directory, 'README.md');
    await writeFile(card, '---\nlicense: apache-2.0\npaper: A paper\nextraData: false\ntags: [x]\n---\n# Ours\n');
    const entered = await gauntletCommand('enter', 'small/0.1', MODEL, '--name', 'ours', '--card', card);
    expect(entered).toMatchObject({ status: 0 });
    expect(entered.output).toMatch(/│ 1 .*│ ours .*%.*%/);
    expect((await gauntletCommand('benchmark', 'small/0.1')).output).toContain('small/0.1, version 1');
    const shown = `{ model(name: "ours") { visibility card { licence paper extraData readme venue } } }`;
    expect((await dataOf(app.graphql(shown))).model).toEqual({
      visibility: 'LISTED',
      card: { licence: 'apache-2.0', paper: 'A paper', extraData: false, readme: '# Ours', venue: null },
    });
    expect((await gauntletCommand('enter', 'none', MODEL)).errors).toContain('There is no benchmark "none".');
  });

  it('submits versions of a model, lists them, and compares two of them on the same images', async () => {
    expect(await gauntletCommand('submit', MODEL, '--name', 'line')).toMatchObject({ status: 0 });
    const second = await gauntletCommand('submit', 'assets/models/mnist-adversarial', '--version-of', 'line');
    expect(second.output).toContain('line@2');
    expect((await gauntletCommand('versions', 'line')).output).toMatch(/line@2 [^]*line@1 /);
    const evaluate = [
      'evaluate',
      'line@1',
      'line@2',
      '--dataset',
      'mnist-test',
      '--attacks',
      'fgsm',
      '--epsilon',
      '0.1',
      '--samples',
      '32',
    ];
    expect(await gauntletCommand(...evaluate)).toMatchObject({ status: 0 });
    const compare = ['compare', 'line@1', 'line@2', '--dataset', 'mnist-test', '--attack', 'fgsm', '--epsilon', '0.1'];
    expect((await gauntletCommand(...compare)).output).toMatch(/│ line@1 *│ line@2 *│/);
    expect((await gauntletCommand('submit', MODEL, '--version-of', 'nothing')).errors).toContain('There is no model "nothing"');
    expect((await gauntletCommand('compare', 'line@1', 'line@9', '--dataset', 'mnist-test')).errors).toContain(
      'There is no model "line@9"',
    );
  });

  it('says which of the files of RobustBench does not fit a benchmark', async () => {
    const files = 'tests/fixtures/robustbench';
    // On MNIST.
    const refused = await gauntletCommand('import-robustbench', 'small/0.1', files);
    expect(refused.errors).toMatch(/is of cifar10; the benchmark is on mnist/);
    expect((await gauntletCommand('import-robustbench', 'small/0.1', join(directory, 'none'))).errors).toContain(
      'The files cannot be read',
    );
    expect((await gauntletCommand('enter-shipped', 'small/0.1')).output).toContain('All of them are entered already');
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
      const shown = rates.map(({ value, lower, upper, n }) =>
        value === null ? '–' : `${percent(value)} % [${percent(lower)}, ${percent(upper)}] of ${n}`,
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
    // Models with the same weights are one, by any of their names.
    expect(unmatched.output).toMatch(/Not ranked \(2\)[^]*(hardened|line(@\d)?) .*PGD/);
    expect((await gauntletCommand(...leaderboard, '--norm', 'L2')).output).toMatch(
      /No model has finished an attack of this norm and budget/,
    );
    // Half of the models were attacked by iter. basic too, and the other was not.
    expect((await gauntletCommand(...leaderboard)).output).toMatch(
      /1 .*by command line[^]*Not ranked \(1\)[^]*(hardened|line(@\d)?) .*ITER_BASIC/,
    );
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

  it('prints its version, and the name that was meant where one is mistyped', async () => {
    const { version } = JSON.parse(await readFile('client/package.json', 'utf8')) as { version: string };
    expect(await gauntletCommand('--version')).toMatchObject({ status: 0, output: `${version}\n` });
    await submitArchitecture(app.graphql, 'meant', 'mlp');
    const ask = async (dataset: string, attack: string, model = 'meant') =>
      (await gauntletCommand('evaluate', model, '--dataset', dataset, '--attacks', attack, '--epsilon', '0.1')).errors;
    expect(await ask('mnist-test', 'fgsm', 'ment')).toMatch(/There is no model "ment"\. Did you mean .*"meant"/);
    expect(await ask('mnst-test', 'fgsm')).toMatch(/There is no data set "mnst-test"\. Did you mean "mnist-test"\?/);
    expect(await ask('mnist-test', 'fgms')).toMatch(/There is no attack "fgms"\. Did you mean .*"fgsm"/);
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
