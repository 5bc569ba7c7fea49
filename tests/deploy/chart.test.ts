import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { environment } from '../../src/config.js';
import { JobQueue, LANES } from '../../src/jobs/queue.js';
import { databaseInFolder } from '../server/support/database.js';

const run = promisify(execFile);
const CHART = 'deploy/helm/gauntlet';
/** Kept here, as they cannot be fetched everywhere; `docs/operations.md` says from where they are. */
const SCHEMAS = 'tests/deploy/schemas/{{.ResourceKind}}{{.KindSuffix}}.json';

const S3 = ['--set', 'store.location=s3://bucket/gauntlet'];
const VARIANTS: Readonly<Record<string, string[]>> = {
  'on an object store': S3,
  'on a shared volume': ['--set', 'store.existingClaim=artifacts'],
  'with everything': [
    ...S3,
    '--set',
    'store.endpoint=https://s3.example.org,store.region=eu-1,store.existingSecret=store,secretKey.existingSecret=key,ingress.enabled=true,ingress.className=nginx,ingress.tlsSecret=tls,workers.gpu.enabled=true,server.replicas=2',
    '--set-json',
    'datasets=[{"variable":"GAUNTLET_IMAGENET_DIR","path":"/datasets/imagenet","existingClaim":"imagenet"}]',
    '--set-json',
    'env={"GAUNTLET_COMPUTE_SECONDS_PER_DAY":36000,"GAUNTLET_PUBLIC_READ":true}',
    '--set-json',
    'database.peers=[{"podSelector":{"matchLabels":{"app":"postgresql"}}}]',
    '--set-json',
    'networkPolicy.clients=[{"namespaceSelector":{}}]',
  ],
  'without KEDA and network policies': [...S3, '--set', 'keda.enabled=false,networkPolicy.enabled=false'],
};

const template = async (...values: string[]) =>
  (await run('helm', ['template', 'release', CHART, '--kube-version', '1.31.4', ...values], { maxBuffer: 2 ** 24 })).stdout;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any resource
const resources = (text: string): any[] => parseAllDocuments(text).map((document) => document.toJS() as object);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gauntlet-chart-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(Object.entries(VARIANTS))('the chart %s', (name, values) => {
  it('passes helm lint, and all that it makes is valid', async () => {
    await run('helm', ['lint', '--strict', '--quiet', CHART, ...values]);
    const file = join(folder, 'rendered.yaml');
    await writeFile(file, await template(...values));
    const { stdout } = await run('kubeconform', ['-strict', '-output', 'json', '-summary', '-schema-location', SCHEMAS, file]);
    expect(JSON.parse(stdout)).toMatchObject({ summary: { invalid: 0, errors: 0, skipped: 0 } });
  });

  it('runs as nobody special, on a file system that it cannot write to, with all secrets by reference', async () => {
    const pods = resources(await template(...values)).filter(({ kind }) => kind === 'Deployment');
    expect(pods.length).toBe(name === 'with everything' ? 3 : 2);
    for (const { spec } of pods) {
      const { securityContext, containers, automountServiceAccountToken } = spec.template.spec;
      expect(automountServiceAccountToken).toBe(false);
      expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      const [container] = containers;
      expect(container.securityContext).toEqual({
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      });
      const literal = container.env.filter(({ value }: { value?: string }) => value !== undefined) as { name: string; value: string }[];
      expect(literal.map((variable) => variable.name).filter((variable) => /PASSWORD|SECRET|TOKEN|DATABASE_URL/.test(variable))).toEqual(
        [],
      );
      // Every folder that it writes to is a volume.
      const writable = container.volumeMounts
        .filter((mount: { readOnly?: boolean }) => !mount.readOnly)
        .map((mount: { mountPath: string }) => mount.mountPath);
      const folders = literal.filter((variable) => ['GAUNTLET_DATA_DIR', 'GAUNTLET_CACHE_DIR', 'HOME'].includes(variable.name));
      expect(folders).toHaveLength(3);
      for (const { value } of folders)
        expect(
          writable.some((path: string) => value === path || value.startsWith(`${path}/`)),
          value,
        ).toBe(true);
    }
  });

  it('sets only variables that there are, to values that the server accepts', async () => {
    for (const { kind, spec } of resources(await template(...values))) {
      if (kind !== 'Deployment') continue;
      const given = new Map<string, string>(
        spec.template.spec.containers[0].env.map((variable: { name: string; value?: string }) => [
          variable.name,
          variable.value ?? 'by reference',
        ]),
      );
      const unknown = [...given.keys()].filter((variable) => !(variable in environment.shape));
      // Kubernetes fills in `$(POD_IP)`.
      expect(unknown.filter((variable) => !['HOME', 'AWS_REGION', 'POD_IP'].includes(variable))).toEqual([]);
      if (given.has('POD_IP')) given.set('GAUNTLET_INTERNAL_URL', given.get('GAUNTLET_INTERNAL_URL')!.replace('$(POD_IP)', '10.0.0.1'));
      given.set('DATABASE_URL', 'postgresql://user:password@host:5432/database');
      given.delete('GAUNTLET_SECRET_KEY');
      expect(environment.safeParse(Object.fromEntries(given)).error?.issues).toBeUndefined();
    }
  });
});

describe('the chart', () => {
  it.each([
    ['neither a bucket nor a claim', [], /store\.location/],
    ['a lane that is not there', [...S3, '--set', 'workers.cpu.lanes={compute,imaginary}'], /lanes/],
    ['a bucket that is none', ['--set', 'store.location=https://bucket'], /location/],
    ['no workers at most', [...S3, '--set', 'workers.cpu.replicas.max=0'], /max/],
  ])('is refused with %s', async (_what, values, message) => {
    await expect(template(...values)).rejects.toThrow(message);
  });

  it('scales workers by a query that the database of the queue answers, over all of its lanes', async () => {
    const triggers = resources(await template(...S3, '--set', 'workers.gpu.enabled=true'))
      .filter(({ kind }) => kind === 'ScaledObject')
      .map(({ spec }) => spec.triggers[0].metadata as { query: string; targetQueryValue: string });
    expect(triggers).toHaveLength(2);
    for (const lane of Object.keys(LANES))
      expect(
        triggers.some(({ query }) => query.includes(`'${lane}'`)),
        lane,
      ).toBe(true);
    const { database, close } = await databaseInFolder();
    const queue = new JobQueue(database, { heartbeatSeconds: 60, onError: () => undefined });
    try {
      await queue.start();
      const { prisma } = database;
      const job = await prisma.job.create({ data: { owner: 'x', kind: 'evaluation', total: 1, unit: 'images' } });
      await prisma.$transaction((tx) => queue.plan(tx, job.id));
      await prisma.$transaction((tx) => queue.notify(tx, [{ webhookId: job.id, event: 'job.finished', jobId: job.id }]));
      const counts = await Promise.all(triggers.map(({ query }) => prisma.$queryRawUnsafe<{ count: bigint }[]>(query)));
      expect(counts.map(([row]) => Number(row!.count))).toEqual([1, 0]);
    } finally {
      await queue.stop(0);
      await close();
    }
  });
});
