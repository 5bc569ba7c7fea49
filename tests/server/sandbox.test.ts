/** What processes that open strangers' files can reach: nothing but what they were given. */
import { existsSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../src/compute/data/registry.js';
import { createCompute } from '../../src/compute/host/index.js';
import { ConfinedProcess, NO_SANDBOX, openSandbox } from '../../src/compute/process/index.js';
import { growTree, treeFile } from '../compute/decision-tree.js';
import { ModelEndpoint, PASSWORD } from '../compute/model-endpoint.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import type { Attempt, EscapeFunctions } from './support/escape.js';
import { finished, registerMnist, startEvaluation, submitArchitecture } from './support/operations.js';
import { readFolder, upload, zipOf } from './support/upload.js';
import { inOwnProcess } from './support/validation.js';

const ENTRY = new URL('./support/escape.js', import.meta.url);
const MiB = 2 ** 20;
const sandbox = await openSandbox('auto');
const works = sandbox.kind === 'bubblewrap';
const SECRET = 'a-secret-of-the-server';

describe('without bubblewrap', () => {
  it('the sandbox is said to be none, and why, unless it was asked for by name', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = '/nowhere';
    try {
      expect(await openSandbox('auto')).toEqual({
        kind: 'none',
        description: expect.stringMatching(/^none: (bwrap is not installed|there is bubblewrap for Linux alone)$/),
      });
      await expect(openSandbox('bubblewrap')).rejects.toMatchObject({
        code: 'SANDBOX_UNAVAILABLE',
        message: expect.stringContaining('GAUNTLET_SANDBOX'),
      });
    } finally {
      process.env['PATH'] = path;
    }
  });

  it('a process gets none of the environment, no more memory than it may have, and sends no file but arrays of its own', async () => {
    process.env['DATABASE_URL_OF_A_TEST'] = SECRET;
    const confined = new ConfinedProcess<EscapeFunctions>({ entry: ENTRY, sandbox: NO_SANDBOX, handlers: {}, maxBytes: 256 * MiB });
    try {
      const { found } = (await confined.call('attempt', ['environment'])) as { found: string[] };
      expect(found).not.toContain('DATABASE_URL_OF_A_TEST');
      expect(found).toContain('PATH');
      expect(await confined.call('attempt', ['allocate', String(1024 * MiB)])).toEqual({ refused: 'Array buffer allocation failed' });
      await expect(confined.call('attempt', ['smuggle', join(process.cwd(), 'package.json')])).rejects.toThrow('ELOOP');
    } finally {
      delete process.env['DATABASE_URL_OF_A_TEST'];
      await confined.kill();
    }
    expect(existsSync(confined.scratch)).toBe(false);
  });
});

describe.skipIf(!works)(`in bubblewrap${works ? '' : ` (skipped, as it does not work here: ${sandbox.description})`}`, () => {
  let app: TestApplication;
  let endpoint: ModelEndpoint;
  let datasetId: string;

  beforeAll(async () => {
    process.env['GAUNTLET_TEST_SECRET'] = SECRET;
    const variables = { GAUNTLET_SANDBOX: 'bubblewrap', GAUNTLET_REMOTE_MODEL_NETWORKS: '127.0.0.1/32' };
    endpoint = await ModelEndpoint.start();
    app = await startTestApplication(variables, { openCompute: createCompute, ...inOwnProcess(undefined, {}, sandbox) });
    datasetId = await registerMnist(app.graphql);
  });
  afterAll(async () => {
    delete process.env['GAUNTLET_TEST_SECRET'];
    await app?.close();
    await endpoint?.close();
  });

  describe('a process that tries to get out', () => {
    let confined: ConfinedProcess<EscapeFunctions>;
    const attempt = (what: Parameters<EscapeFunctions['attempt']>[0], argument?: string): Promise<Attempt> =>
      confined.call('attempt', [what, argument]);

    beforeAll(() => {
      const readable = ['fetched', 'artifacts/sha256'].map((name) => join(app.directory, name));
      confined = new ConfinedProcess({ entry: ENTRY, sandbox, handlers: {}, readable, maxBytes: 512 * MiB });
    });
    afterAll(() => confined?.kill());

    it('reads no file but those that it was given', async () => {
      const secret = join(app.directory, 'artifacts', 'secret.key');
      expect(existsSync(secret)).toBe(true);
      for (const path of [
        secret,
        '/etc/passwd',
        '/etc/shadow',
        '/etc/hostname',
        join(process.cwd(), 'README.md'),
        `/proc/${process.pid}/environ`,
      ])
        expect([path, await attempt('read', path)]).toEqual([path, { refused: 'ENOENT' }]);
      expect(await attempt('list', app.directory)).toEqual({
        found: expect.toSatisfy((names: string[]) => names.sort().join() === 'artifacts,fetched'),
      });
      for (const path of ['/root', '/home', '/var', '/run']) expect(await attempt('list', path)).toEqual({ refused: 'ENOENT' });
      // The program, which it runs.
      expect(await attempt('read', join(process.cwd(), 'package.json'))).toEqual({ found: expect.any(Number) });
    });

    it('writes nowhere but in its own folder', async () => {
      for (const folder of [
        join(process.cwd(), 'dist'),
        join(process.cwd(), 'node_modules'),
        join(app.directory, 'fetched'),
        join(app.directory, 'artifacts', 'sha256'),
        '/usr',
      ])
        expect([folder, await attempt('write', join(folder, 'stranger'))]).toEqual([folder, { refused: 'EROFS' }]);
      await attempt('write', join(app.directory, 'stranger'));
      await attempt('write', '/stranger');
      for (const folder of [app.directory, '/']) expect(await readdir(folder)).not.toContain('stranger');
      expect(await attempt('write', join(confined.scratch, 'own'))).toEqual({ found: undefined });
    });

    it('connects to nothing: not to the server, not to sockets of this machine, not to others', async () => {
      const port = Number(new URL(app.url).port);
      const path = join(app.directory, 'socket');
      const local = createServer((socket) => socket.end()).listen(path);
      await new Promise((resolve) => local.once('listening', resolve));
      try {
        expect(await attempt('connect', `127.0.0.1:${port}`)).toEqual({ refused: 'ECONNREFUSED' });
        expect(await attempt('connect', '192.0.2.1:80')).toEqual({ refused: expect.stringMatching(/ENETUNREACH|ECONNREFUSED/) });
        expect(await attempt('resolve', 'example.com')).toEqual({ refused: expect.stringMatching(/EAI_AGAIN|ENOTFOUND/) });
        expect(await attempt('connect', path)).toEqual({ refused: 'ENOENT' });
      } finally {
        local.close();
      }
    });

    it('sees and ends no process but its own', async () => {
      // bubblewrap's first process, and itself.
      expect(await attempt('processes')).toEqual({ found: expect.toSatisfy((pids: string[]) => pids.length <= 2) });
      const other = await confined.pid();
      expect(other).not.toBe(process.pid);
      expect(await attempt('kill', String(process.pid))).toEqual({ refused: 'ESRCH' });
    });

    it('knows no secret of the server', async () => {
      const { found } = (await attempt('environment')) as { found: string[] };
      expect(found).not.toContain('GAUNTLET_TEST_SECRET');
      for (const pid of ((await attempt('processes')) as { found: string[] }).found) {
        const text = await readFile(`/proc/${await confined.pid()}/root/proc/${pid}/environ`, 'utf8').catch(() => '');
        expect(text).not.toContain(SECRET);
      }
    });

    it('gets no more memory than it may have', async () => {
      expect(await attempt('allocate', String(2048 * MiB))).toEqual({ refused: 'Array buffer allocation failed' });
    });
  });

  it('the computing process of a server is confined in the same way', async () => {
    const { pid, sandbox: kind } = await app.runtime.compute.processStatus();
    expect(kind).toBe('bubblewrap');
    for (const name of ['net', 'pid', 'mnt', 'user', 'ipc'])
      expect(await readlink(`/proc/${pid}/ns/${name}`)).not.toBe(await readlink(`/proc/self/ns/${name}`));
    expect(await readFile(`/proc/${pid}/environ`, 'utf8')).not.toContain(SECRET);
    const inside = `/proc/${pid}/root`;
    expect(existsSync(join(inside, app.directory, 'fetched'))).toBe(true);
    for (const path of [join(app.directory, 'artifacts', 'secret.key'), '/etc/passwd', '/root'])
      expect([path, existsSync(inside + path)]).toEqual([path, false]);
  });

  it('models of all kinds are validated and evaluated, those behind endpoints too', async () => {
    const built = await submitArchitecture(app.graphql, 'built');
    const uploaded = await submit('uploaded', { uploadId: await upload(app, zipOf(await readFolder('assets/models/mnist-baseline'))) });
    const train = await openDataset({ format: 'mnist', split: 'train' });
    const tree = treeFile(await growTree(train, 200, 3));
    await train.close();
    const blackBox = await submit('black box', { uploadId: await upload(app, tree), access: 'SCORE', spec: SPEC });
    const remote = { url: endpoint.url('json?version=3'), answers: 'LOGITS', authorization: PASSWORD };
    const behindEndpoint = await submit('behind an endpoint', { endpoint: remote, spec: SPEC });
    const [white, black] = [{ fgsm: { epsilon: 0.1 } }, { squareLinf: { epsilon: 0.1, queries: 10 } }];
    for (const [modelId, attack] of [
      [built, white],
      [uploaded, white],
      [blackBox, black],
      [behindEndpoint, black],
    ] as const) {
      const { jobIds } = await startEvaluation(app.graphql, { modelId, datasetId, attacks: [attack], sampleCount: 8, keepImages: true });
      expect(await finished(app.graphql, jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED', error: null });
    }
  });

  const SPEC = { inputShape: [28, 28, 1], classCount: 10 };
  const SUBMIT = `mutation ($input: SubmitModelInput!) {
    submitModel(input: $input) { ... on SubmitModelSuccess { model { id } job { id } } ... on UserError { message } }
  }`;
  async function submit(name: string, input: object): Promise<string> {
    const { submitModel } = await dataOf(app.graphql(SUBMIT, { input: { name, ...input } }));
    expect(`${name}: ${(await finished(app.graphql, submitModel.job.id)).error}`).toBe(`${name}: null`);
    return submitModel.model.id;
  }
});
