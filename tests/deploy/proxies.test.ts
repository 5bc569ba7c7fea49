import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket, { type ClientOptions } from 'ws';
import { startTestApplication, type TestApplication } from '../server/support/application.js';
import { until } from '../server/support/client.js';
import { registerMnist, startEvaluation, submitArchitecture } from '../server/support/operations.js';

const run = promisify(execFile);
const NGINX = process.env.GAUNTLET_TEST_NGINX!;
const CADDY = process.env.GAUNTLET_TEST_CADDY!;
const HOST = 'gauntlet.example.org';

let app: TestApplication;
let folder: string;
let datasetId: string;
beforeAll(async () => {
  app = await startTestApplication({ GAUNTLET_TRUST_PROXY: 'true' });
  datasetId = await registerMnist(app.graphql);
  folder = await mkdtemp(join(tmpdir(), 'gauntlet-proxy-'));
  const subject = ['-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST}`];
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'certificate.pem')];
  await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...files, ...subject]);
});
afterAll(async () => {
  await app?.close();
  await rm(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface Proxy {
  readonly port: number;
  close(): Promise<void>;
}

/** nginx with the file of deploy/proxies, of which ports and paths are this machine's. @param change of its text. */
async function startNginx(change: (text: string) => string): Promise<Proxy> {
  const port = await freePort();
  const shipped = await readFile('deploy/proxies/nginx.conf', 'utf8');
  const site = change(shipped)
    .replace('127.0.0.1:4000', new URL(app.url).host)
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replaceAll('/etc/ssl/gauntlet', folder);
  const prefix = await mkdtemp(join(folder, 'run-'));
  await mkdir(join(prefix, 'logs'));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(prefix, name)};`)
    .join(' ');
  await writeFile(
    join(prefix, 'nginx.conf'),
    `daemon off; master_process off; pid ${join(prefix, 'pid')}; events {} http { access_log off; ${temporary} ${site} }`,
  );
  return started(port, NGINX, ['-p', prefix, '-c', join(prefix, 'nginx.conf'), '-e', join(prefix, 'logs', 'error.log')]);
}

/** Caddy with the file of deploy/proxies, of which ports are this machine's, and which signs its certificate itself. */
async function startCaddy(change: (text: string) => string): Promise<Proxy> {
  const port = await freePort();
  const shipped = await readFile('deploy/proxies/Caddyfile', 'utf8');
  const site = change(shipped)
    .replace('127.0.0.1:4000', new URL(app.url).host)
    .replace(`${HOST} {`, `https://${HOST}:${port} {\n\ttls ${join(folder, 'certificate.pem')} ${join(folder, 'key.pem')}`);
  const file = join(await mkdtemp(join(folder, 'run-')), 'Caddyfile');
  await writeFile(file, `{\n\tadmin off\n\tauto_https disable_redirects\n\tdefault_bind 127.0.0.1\n}\n${site}`);
  return started(port, CADDY, ['run', '--config', file, '--adapter', 'caddyfile'], { HOME: folder, XDG_DATA_HOME: folder });
}

async function started(port: number, program: string, args: readonly string[], environment: Record<string, string> = {}): Promise<Proxy> {
  const child = spawn(program, args, { env: { ...process.env, ...environment } });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const proxy = { port, close: async () => (child.kill('SIGTERM'), ended) };
  await until(async () => {
    if (child.exitCode !== null) throw new Error(output);
    return (await send(proxy, '/healthz').catch(() => undefined))?.status === 200;
  }, program);
  return proxy;
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

/** As a browser at https://gauntlet.example.org sends it. */
function send(
  { port }: Proxy,
  path: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path,
      method,
      servername: HOST,
      rejectUnauthorized: false,
      headers: { host: HOST, ...headers },
    };
    const sent = request(options, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: text }));
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

const SHIPPED = (text: string) => text;
const NGINX_REWRITES = (text: string) => text.replace('proxy_set_header Host $host;', 'proxy_set_header Host gauntlet.internal:8080;');
const CADDY_REWRITES = (text: string) =>
  text.replace('header_up X-Request-Id', 'header_up Host gauntlet.internal:8080\n\t\theader_up X-Request-Id');

describe.each([
  ['nginx as it is shipped', () => startNginx(SHIPPED)],
  ['nginx that rewrites Host', () => startNginx(NGINX_REWRITES)],
  ['Caddy as it is shipped', () => startCaddy(SHIPPED)],
  ['Caddy that rewrites Host', () => startCaddy(CADDY_REWRITES)],
])('%s, in front of a server', (_name, start) => {
  let proxy: Proxy;
  beforeAll(async () => {
    proxy = await start();
  });
  afterAll(() => proxy?.close());

  it('passes a sign-in of the dashboard, whose cookie is for https alone, and refuses one of another page', async () => {
    const body = JSON.stringify({ token: app.authorization.replace('Bearer ', '') });
    const headers = { 'content-type': 'application/json', origin: `https://${HOST}` };
    const { status, headers: answered } = await send(proxy, '/session', { method: 'POST', headers, body });
    expect(status).toBe(200);
    expect(String(answered['set-cookie'])).toMatch(/gauntlet_session=.*HttpOnly; Secure; SameSite=Strict/);
    const elsewhere = await send(proxy, '/session', { method: 'POST', headers: { ...headers, origin: 'https://evil.example.org' }, body });
    expect(elsewhere.status).toBe(403);
  });

  it('carries subscriptions over WebSocket, to pages of this host and to no others', async () => {
    const modelId = await submitArchitecture(app.graphql, `model ${proxy.port}`, undefined, proxy.port);
    const request = { modelId, datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount: 8 };
    const { jobIds } = await startEvaluation(app.graphql, request);
    const socket = (origin: string) =>
      class extends WebSocket {
        constructor(_url: string, protocols: string) {
          const options: ClientOptions & { servername: string } = {
            rejectUnauthorized: false,
            servername: HOST,
            headers: { host: HOST },
            origin,
          };
          super(`wss://127.0.0.1:${proxy.port}/graphql`, protocols, options);
        }
      };
    const connect = (origin: string) =>
      createClient({
        url: `wss://${HOST}/graphql`,
        webSocketImpl: socket(origin),
        connectionParams: { authorization: app.authorization },
        retryAttempts: 0,
      });
    const client = connect(`https://${HOST}`);
    const states: string[] = [];
    const query = 'subscription ($id: ID!) { jobProgress(jobId: $id) { state } }';
    for await (const { data } of client.iterate<{ jobProgress: { state: string } }>({ query, variables: { id: jobIds[0] } })) {
      states.push(data!.jobProgress.state);
    }
    await client.dispose();
    expect(states.at(-1)).toBe('SUCCEEDED');
    const stranger = connect('https://evil.example.org');
    const attempt = async () => {
      for await (const _ of stranger.iterate({ query: '{ viewer { name } }' }));
    };
    await expect(attempt()).rejects.toBeDefined();
    await stranger.dispose();
  });

  it('streams an upload that is larger than a proxy takes by default, and its id of the request comes back', async () => {
    const headers = { authorization: app.authorization, 'content-type': 'application/json' };
    const bytes = Buffer.alloc(5_000_000, proxy.port % 251);
    const opened = await send(proxy, '/uploads', { method: 'POST', headers, body: JSON.stringify({ size: bytes.length }) });
    const { id } = JSON.parse(opened.body) as { id: string };
    const sent = await send(proxy, `/uploads/${id}`, { method: 'PUT', headers: { authorization: app.authorization }, body: bytes });
    expect(JSON.parse(sent.body)).toMatchObject({ state: 'COMPLETE' });
    expect(sent.headers['x-request-id']).toMatch(/^[\da-f-]{32,36}$/);
  });

  it('keeps /metrics to itself', async () => {
    expect((await send(proxy, '/metrics', { headers: { authorization: app.authorization } })).status).toBe(404);
  });
});
