/** The command line `gauntlet`: gate, training, certificates, comparisons, files, tokens, completion. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { startTestApplication, type TestApplication } from './support/application.js';
import * as commandLine from './support/command-line.js';
import { registerMnist } from './support/operations.js';

const run = (...args: string[]) => commandLine.gauntletCommand(app, ...args);
const DATA = ['--dataset', 'mnist-test'];

let app: TestApplication;
let directory: string;
let gate: Record<string, unknown>;

beforeAll(async () => {
  app = await startTestApplication();
  directory = await mkdtemp(join(tmpdir(), 'gauntlet-test-'));
  await registerMnist(app.graphql);
  for (const name of ['mnist-baseline', 'mnist-adversarial'])
    expect(await run('submit', `assets/models/${name}`)).toMatchObject({ status: 0 });
  gate = parse(await readFile('examples/ci/gate.yaml', 'utf8')) as typeof gate;
});

afterAll(async () => {
  await app?.close();
  await rm(directory, { recursive: true });
});

describe('gauntlet gate', () => {
  async function gated(change: Record<string, unknown>, ...options: string[]) {
    const path = join(directory, 'gate.yaml');
    await writeFile(path, stringify({ ...gate, ...change }));
    return run('gate', path, ...options);
  }

  it('ends with 0 where every bound holds, with JUnit XML and a summary', async () => {
    const [xml, summary] = ['gate.xml', 'gate.md'].map((name) => join(directory, name)) as [string, string];
    const { status, output } = await gated({}, '--junit', xml, '--summary', summary);
    expect([status, output.match(/^ok {3}/gm)?.length, /FAIL/.test(output)]).toEqual([0, 11, false]);
    expect(await readFile(xml, 'utf8')).toContain('<testsuite name="gauntlet" tests="11" failures="0">');
    const markdown = await readFile(summary, 'utf8');
    expect(markdown).toMatch(/Robustness gate passed[^]*xychart-beta[^]*line \[1\.0000, 0\.\d{4}, 0\.\d{4}\]/);
    expect(markdown).toContain(`${app.url}/evaluations/`);
  });

  it('ends with 1 and the numbers of each bound that does not hold', async () => {
    const bounds = { robustAccuracy: { '25/255': 0.9 }, worstCase: 0.9, fall: { largest: 0.01 }, findings: ['TOO_FEW_EXAMPLES'] };
    const { status, output } = await gated({ models: ['mnist-baseline'], baseline: 'mnist-adversarial', bounds });
    expect(status).toBe(1);
    expect(
      output
        .split('\n')
        .filter((line) => line.startsWith('FAIL'))
        .map((line) => line.split(': ')[1]),
    ).toEqual([
      'robust accuracy, FGSM ε=25/255',
      'robust accuracy, PGD ε=25/255',
      'worst case of all attacks',
      'findings',
      'against mnist-adversarial, FGSM ε=25/255',
      'against mnist-adversarial, PGD ε=25/255',
    ]);
    // A fall at 8/255 too, which may be chance.
    expect(output).toMatch(/ok {3}mnist-baseline: against mnist-adversarial, FGSM ε=8\/255: -1\.5 points/);
  });

  it.each([
    [{ bounds: { robustAcuracy: 0.5 } }, /robustAcuracy/],
    [{ bounds: {} }, /passes always/],
    [{ baseline: null }, /baseline: A bound on the fall/],
    [{ models: [] }, /models/],
    [{ models: ['nobody'] }, /no model "nobody"/],
    [{ models: [{ file: '/nowhere.onnx' }] }, /no file \/nowhere\.onnx/],
    [{ models: [{ fil: 'net.onnx' }] }, /models\.0: Give the name of a model, or a map/],
    [{ attacks: [{ fgsm: {}, pgd: {} }] }, /attacks\.0: Give one attack/],
    [{ bounds: { robustAccuracy: '50 %' } }, /bounds\.robustAccuracy: Give a share/],
    // Bounds that nothing could break.
    [{ bounds: { robustAccuracy: { '9/255': 0.5 } } }, /No attack has the budget 9\/255\. There are: 8\/255, 25\/255/],
    [{ bounds: { findings: ['GRADIENT_MASK'] } }, /no finding "GRADIENT_MASK"\. There are: .*BUDGET_VIOLATED/],
    [{ baseline: 'mnist-adversarial', bounds: { fall: {} } }, /nothing to check/],
  ])('ends with 2 where the gate cannot be run: %j', async (change, message) => {
    const { status, errors } = await gated(change);
    expect(status).toBe(2);
    expect(errors).toMatch(message);
  });

  it('ends with 2 where its file is no YAML, or its report cannot be written', async () => {
    const path = join(directory, 'alias.yaml');
    await writeFile(path, 'dataset: mnist-test\nmodels: *nothing\n');
    expect(await run('gate', path)).toMatchObject({ status: 2, errors: expect.stringContaining('is no YAML') });
    const quick = { samples: 20, attacks: ['fgsm'], epsilons: [0.1], bounds: { cleanAccuracy: 0.1 } };
    expect(await gated(quick, '--junit', '/nowhere/gate.xml')).toMatchObject({ status: 2, errors: expect.stringContaining('ENOENT') });
  });

  it('compares its own evaluations, not newer ones with other parameters, and takes names of attacks as results write them', async () => {
    const fall = { largest: 0, significance: 0.5 };
    const pgd = (steps: number) => ({ PGD: { steps } });
    const change = {
      models: ['mnist-baseline'],
      baseline: 'mnist-adversarial',
      epsilons: [0.1],
      samples: 100,
      judging: 'FLOAT',
      bounds: { fall },
    };
    const lostOf = async (attacks: object[]) =>
      [...(await gated({ ...change, attacks })).output.matchAll(/lost (\d+)/g)].map(([, lost]) => Number(lost));
    const [both, weak] = [await lostOf([pgd(1), pgd(12)]), await lostOf([pgd(1)])];
    expect(both).toEqual([weak[0], expect.any(Number)]);
    expect(both[1]).toBeGreaterThan(both[0]!);
  });

  it('tells versions of a model apart', async () => {
    const change = { samples: 20, attacks: ['fgsm'], epsilons: [0.05, 0.3], baseline: undefined, bounds: { robustAccuracy: 0 } };
    expect(await run('submit', 'assets/models/mnist-baseline', '--name', 'twice')).toMatchObject({ status: 0 });
    expect(await run('submit', 'assets/models/mnist-adversarial', '--version-of', 'twice')).toMatchObject({ status: 0 });
    const summary = join(directory, 'versions.md');
    const { output, errors } = await gated({ ...change, models: ['twice@1', 'twice@2'] }, '--summary', summary);
    expect(errors).toBe('');
    expect([...output.matchAll(/ok {3}(\S+): /g)].map(([, name]) => name)).toEqual(['twice', 'twice', 'twice@2', 'twice@2']);
    expect((await readFile(summary, 'utf8')).match(/title ".*"/g)).toEqual([
      'title "twice: accuracy under FGSM"',
      'title "twice@2: accuracy under FGSM"',
    ]);
  });

  it('submits the file of a model once', async () => {
    const file = join(directory, 'net.onnx');
    expect(await run('download', 'mnist-baseline', '--out', file)).toMatchObject({ status: 0, output: `${file}\n` });
    const change = { models: [{ file, inputShape: [28, 28, 1], classes: 10 }], samples: 40, bounds: { robustAccuracy: 0.1 } };
    const [first, second] = [await gated(change), await gated(change)];
    expect([first.status, second]).toEqual([0, first]);
    expect((await run('--json', 'models')).output.match(/"net-[0-9a-f]{12}"/g)).toHaveLength(1);
    // With other settings it is another model.
    expect(await gated({ ...change, models: [{ ...change.models[0], mean: [0.5], std: [0.5] }] })).toMatchObject({ errors: '' });
    expect(new Set((await run('--json', 'models')).output.match(/"net-[0-9a-f]{12}"/g)).size).toBe(2);
  });
});

describe('the command line', () => {
  it('compares models and shows their curves', async () => {
    const attacked = ['--attacks', 'fgsm', '--epsilon', '8/255,25/255', '--samples', '60'];
    expect(await run('evaluate', 'mnist-baseline', 'mnist-adversarial', ...DATA, ...attacked)).toMatchObject({ status: 0 });
    const compared = await run(
      'compare',
      'mnist-baseline',
      'mnist-adversarial',
      ...DATA,
      '--attack',
      'fgsm',
      '--epsilon',
      '25/255',
      '--samples',
      '60',
    );
    expect(compared.output).toMatch(/mnist-baseline .*mnist-adversarial .*-\d+\.\d \[/);
    const curve = await run('--json', 'curve', 'mnist-baseline', ...DATA, '--attack', 'fgsm', '--samples', '60');
    const { curves } = JSON.parse(curve.output) as { curves: { points: { epsilon: number }[] }[] };
    expect(curves[0]!.points.map(({ epsilon }) => Math.round(255 * epsilon))).toEqual([0, 8, 25]);
  });

  it('trains, certifies, and deletes', async () => {
    const training = ['--scheme', '{"algorithm1": {"epsilonMax": "16/255"}}', '--steps', '4', '--batch-size', '8', '--name', 'trained'];
    const trained = await run('train', 'mnist-baseline', ...DATA, ...training);
    expect(trained).toMatchObject({ status: 0, errors: '' });
    expect(trained.output).toMatch(/trained .*│ 4 /);
    expect((await run('train', 'mnist-baseline', ...DATA, '--name', 'x', '--extra', 'generated')).errors).toMatch(/such as generated=0\.7/);
    const twice = await run('train', 'mnist-baseline', ...DATA, '--name', 'x', '--steps', '4', '--extra', `${DATA[1]}=0.5`);
    expect(twice.errors).toMatch(/Name each data set once/);
    expect((await run('train', 'mnist-baseline', ...DATA, '--name', 'x', '--scheme', '{"magic"')).errors).toMatch(/Give a name, or JSON/);
    const certified = await run('certify', 'mnist-baseline', ...DATA, '--sigma', '0.25', '--samples', '4', '--estimation', '100');
    expect(certified).toMatchObject({ status: 0 });
    expect(certified.output).toMatch(/mnist-baseline .*%/);
    expect(await run('delete', 'trained')).toMatchObject({ status: 0 });
    expect((await run('delete', 'trained')).errors).toMatch(/no model "trained"/);
    expect((await run('cancel', 'nothing')).errors).toMatch(/NotFoundError/);
  });

  it('says what is wrong with a file or an address in one line', async () => {
    const wrong = async (...args: string[]) => {
      const { status, errors } = await run(...args);
      expect(status).toBe(1);
      return errors;
    };
    expect(await wrong('import', '/nowhere.npz', 'mnist-baseline', ...DATA)).toBe('NO_FILE: There is no file /nowhere.npz.\n');
    expect(await wrong('download', 'mnist-baseline', '--out', '/nowhere/x.onnx')).toMatch(/^ENOENT: .*\n$/);
    expect(await wrong('--url', `${app.url}/models`, 'models')).toMatch(/^HTTP_404: There is no Gauntlet server at/);
    const token = `${app.authorization.replace('Bearer ', '')}\n`;
    expect(await run('--token', token, 'models')).toMatchObject({ status: 0 });
  });

  it('creates a token that lets in until it is revoked', async () => {
    const { output } = await run('token', 'create', 'pipeline', '--role', 'VIEWER');
    const secret = output.trim();
    expect((await run('--token', secret, 'models')).status).toBe(0);
    const tokens = JSON.parse((await run('--json', 'token', 'list')).output) as { id: string; name: string; role: string }[];
    const { id, role } = tokens.find(({ name }) => name === 'pipeline')!;
    expect([role, JSON.stringify(tokens).includes(secret)]).toEqual(['VIEWER', false]);
    expect((await run('token', 'revoke', id)).status).toBe(0);
    expect((await run('--token', secret, 'models')).errors).toMatch(/^UNAUTHENTICATED/);
  });

  it('completes commands and options in bash', async () => {
    const { output } = await run('completion', 'bash');
    const script = join(directory, 'completion.bash');
    await writeFile(script, output);
    const complete = (...words: string[]) =>
      execFileSync('bash', [
        '-c',
        `source "$1"; shift; COMP_WORDS=(gauntlet "$@"); COMP_CWORD=$#; _gauntlet; echo "\${COMPREPLY[*]}"`,
        '-',
        script,
        ...words,
      ])
        .toString()
        .trim();
    expect(complete('ga')).toBe('gate');
    expect(complete('gate', '--s')).toBe('--summary');
    expect(complete('token', 're')).toBe('revoke');
    expect(complete('--json', 'evaluate', 'any', '--ep')).toBe('--epsilon');
    for (const shell of ['zsh', 'fish']) expect((await run('completion', shell)).output).toContain('gate');
    expect((await run('completion', 'cmd')).errors).toMatch(/bash/);
  });
});

describe('gauntlet corruption', () => {
  it('measures corruptions and says what is missing for their mean', async () => {
    const options = [
      ...DATA,
      '--kinds',
      'contrast,gaussian-noise',
      '--severities',
      '1,5',
      '--samples',
      '20',
      '--baseline',
      'mnist-adversarial',
    ];
    const { status, output } = await run('corruption', 'mnist-baseline', ...options);
    expect(status, output).toBe(0);
    expect(output).toMatch(/mnist-baseline │ CONTRAST +│ 1: \d+\.\d % \[.*5: \d+\.\d %/);
    expect(output).toMatch(/mnist-baseline: no mean over all corruptions; without five severities: .*FOG/);
    expect(await run('corruption', 'mnist-baseline', ...DATA, '--severities', '6')).toMatchObject({
      status: 1,
      errors: expect.stringContaining('"6" is no severity'),
    });
  });
});
