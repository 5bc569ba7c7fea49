import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { encodeGlobalId } from '../../src/storage/global-id.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, graphqlClient } from './support/client.js';
import { finished, registerMnist, startEvaluation, submitArchitecture } from './support/operations.js';

const DASHBOARD = 'https://dashboard.example.org';

let app: TestApplication;
let publicApp: TestApplication;
beforeAll(async () => {
  [app, publicApp] = await Promise.all([
    startTestApplication({ GAUNTLET_CORS_ORIGINS: DASHBOARD }),
    startTestApplication({ GAUNTLET_PUBLIC_READ: 'true', GAUNTLET_TRUST_PROXY: 'true' }),
  ]);
});
afterAll(() => Promise.all([app?.close(), publicApp?.close()]));

const post = (url: string, path: string, body: unknown, headers: Record<string, string>) =>
  fetch(url + path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });

/** Signs in as the server's own page does. @returns the header `Set-Cookie`, and what a browser sends back. */
async function signIn(token: string, { url } = app, headers: Record<string, string> = {}): Promise<{ setCookie: string; cookie: string }> {
  const response = await post(url, '/session', { token }, { origin: url, ...headers });
  expect(response.status).toBe(200);
  const setCookie = response.headers.get('set-cookie')!;
  return { setCookie, cookie: setCookie.split(';')[0]! };
}

const viewer = async (headers: Record<string, string>, url = app.url) =>
  (await (await post(url, '/graphql', { query: '{ viewer { name role } }' }, headers)).json()) as {
    data?: { viewer: { name: string; role: string } };
    errors?: { extensions: { code: string } }[];
    error?: { code: string };
  };

describe('a session', () => {
  it('is made of a token and lasts in a cookie that no script reads and no other site sends', async () => {
    const { setCookie, cookie } = await signIn(app.firstToken!);
    expect(setCookie).toMatch(/^gauntlet_session=[\w-]{43}; Path=\/; Expires=.+; HttpOnly; SameSite=Strict$/);
    expect((await viewer({ cookie, origin: app.url })).data?.viewer).toEqual({ name: 'admin', role: 'ADMIN' });
    const rows = await app.runtime.database.prisma.session.findMany();
    expect(JSON.stringify(rows)).not.toContain(cookie.split('=')[1]);
  });

  it('has the role of its token', async () => {
    const authorization = await app.authorizationOf('reader', 'VIEWER');
    const { cookie } = await signIn(authorization.slice('Bearer '.length));
    expect((await viewer({ cookie, origin: app.url })).data?.viewer).toEqual({ name: 'reader', role: 'VIEWER' });
    const { errors } = (await (
      await post(app.url, '/graphql', { query: '{ tokens { totalCount } }' }, { cookie, origin: app.url })
    ).json()) as { errors: { extensions: { code: string } }[] };
    expect(errors[0]!.extensions.code).toBe('FORBIDDEN');
  });

  it('is refused for a token that does not count, and for what is no token', async () => {
    for (const [body, status] of [
      [{ token: 'gauntlet_unknown' }, 401],
      [{ token: '' }, 400],
      [{}, 400],
      [{ token: { $ne: null } }, 400],
    ] as const) {
      const response = await post(app.url, '/session', body, { origin: app.url });
      expect([body, response.status, response.headers.get('set-cookie')]).toEqual([body, status, null]);
    }
  });

  it('lets an image be shown, and a socket be opened, by the server’s own page', async () => {
    const { cookie } = await signIn(app.firstToken!);
    const datasetId = await registerMnist(app.graphql);
    const modelId = await submitArchitecture(app.graphql, 'private');
    const { evaluationIds, jobIds } = await startEvaluation(app.graphql, {
      modelId,
      datasetId,
      attacks: [{ fgsm: { epsilon: 0.1 } }],
      sampleCount: 4,
      keepImages: true,
    });
    await finished(app.graphql, jobIds[0]!);
    const query = 'query ($id: ID!) { evaluation(id: $id) { examples(first: 1) { nodes { cleanImageUrl adversarialImageUrl } } } }';
    const { evaluation } = await dataOf(app.graphql(query, { id: evaluationIds[0] }));
    for (const path of Object.values(evaluation.examples.nodes[0]) as string[]) {
      const response = await fetch(app.url + path, { headers: { cookie } });
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png']);
      expect(response.headers.get('vary')).toMatch(/Authorization.*Cookie/);
      expect((await fetch(app.url + path)).status).toBe(401);
    }
    expect(await overSocket({ cookie, origin: app.url })).toEqual({ viewer: { name: 'admin' } });
    await expect(overSocket({ cookie, origin: DASHBOARD })).rejects.toMatchObject({ code: 4401 });
    await expect(overSocket({ cookie })).rejects.toMatchObject({ code: 4401 });
  });

  it('changes nothing for a page of another site, or for one that does not say where it is from', async () => {
    const { cookie } = await signIn(app.firstToken!);
    const pages: Record<string, string>[] = [{}, { origin: 'https://evil.example' }, { origin: DASHBOARD }, { origin: 'null' }];
    for (const page of pages) {
      const headers = { cookie, ...page };
      const { data, errors } = await viewer(headers);
      expect([headers, data, errors?.[0]?.extensions.code]).toEqual([headers, undefined, 'FORBIDDEN']);
    }
    for (const origin of ['https://evil.example', DASHBOARD, 'null']) {
      expect((await post(app.url, '/session', { token: app.firstToken }, { origin })).status).toBe(403);
      expect((await fetch(`${app.url}/session`, { method: 'DELETE', headers: { cookie, origin } })).status).toBe(403);
    }
    expect((await viewer({ cookie, origin: app.url })).data?.viewer.name).toBe('admin');
  });

  it('ends when the user signs out', async () => {
    const { cookie } = await signIn(app.firstToken!);
    const response = await fetch(`${app.url}/session`, { method: 'DELETE', headers: { cookie, origin: app.url } });
    expect([response.status, response.headers.get('set-cookie')]).toEqual([204, expect.stringContaining('gauntlet_session=;')]);
    expect((await viewer({ cookie, origin: app.url })).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  it('ends with the revocation of its token, and the browser is told to forget it', async () => {
    const { secret, token } = await app.services.tokens.create({ name: 'leaver', role: 'SUBMITTER' });
    const { cookie } = await signIn(secret);
    expect((await viewer({ cookie, origin: app.url })).data?.viewer.name).toBe('leaver');
    const revoke = 'mutation ($id: ID!) { revokeToken(input: { tokenId: $id }) { __typename } }';
    await dataOf(app.graphql(revoke, { id: encodeGlobalId('Token', token.id) }));
    const response = await post(app.url, '/graphql', { query: '{ viewer { name } }' }, { cookie, origin: app.url });
    expect([response.status, response.headers.get('set-cookie')]).toEqual([401, expect.stringContaining('gauntlet_session=;')]);
  });

  it('ends when its time is over', async () => {
    const { cookie } = await signIn(app.firstToken!);
    await app.runtime.database.prisma.session.updateMany({ data: { expiresAt: new Date(Date.now() - 1) } });
    expect((await viewer({ cookie, origin: app.url })).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    await app.services.sessions.expire();
    expect(await app.runtime.database.prisma.session.count()).toBe(0);
  });

  it('is secure, and belongs to the proxy’s host, behind a proxy that is trusted', async () => {
    const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'gauntlet.example.org', origin: 'https://gauntlet.example.org' };
    const { setCookie, cookie } = await signIn(publicApp.firstToken!, publicApp, forwarded);
    expect(setCookie).toContain('; Secure;');
    expect((await viewer({ ...forwarded, cookie }, publicApp.url)).data?.viewer.name).toBe('admin');
    // Not believed where it is not set up.
    expect((await post(app.url, '/session', { token: app.firstToken }, forwarded)).status).toBe(403);
  });
});

async function overSocket(headers: Record<string, string>, connectionParams = {}): Promise<unknown> {
  const webSocketImpl = class extends WebSocket {
    constructor(address: string, protocols: string) {
      super(address, protocols, { headers });
    }
  };
  const client = createClient({ url: app.graphqlUrl.replace(/^http/, 'ws'), webSocketImpl, connectionParams, retryAttempts: 0 });
  try {
    for await (const { data } of client.iterate({ query: '{ viewer { name } }' })) return data;
    throw new Error('The socket answered nothing.');
  } finally {
    await client.dispose();
  }
}

describe('a page of another origin', () => {
  const preflight = (origin: string, path = '/graphql') =>
    fetch(app.url + path, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type' },
    });

  it('may use the API with a token where it is allowed', async () => {
    for (const path of ['/graphql', '/uploads', '/artifacts/x']) {
      const { status, headers } = await preflight(DASHBOARD, path);
      expect([path, status, headers.get('access-control-allow-origin')]).toEqual([path, 204, DASHBOARD]);
      expect(headers.get('access-control-allow-headers')).toContain('authorization');
      expect(headers.get('access-control-allow-credentials')).toBeNull();
    }
    const headers = { origin: DASHBOARD, authorization: app.authorization };
    const response = await post(app.url, '/graphql', { query: '{ viewer { name } }' }, headers);
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([200, DASHBOARD]);
    expect(response.headers.get('vary')).toContain('Origin');
    expect(await overSocket({ origin: DASHBOARD }, { authorization: app.authorization })).toEqual({ viewer: { name: 'admin' } });
  });

  it('may not where it is not, and a socket says why', async () => {
    const { headers } = await preflight('https://evil.example');
    expect(headers.get('access-control-allow-origin')).toBeNull();
    const socket = new WebSocket(app.graphqlUrl.replace(/^http/, 'ws'), 'graphql-transport-ws', { origin: 'https://evil.example' });
    const refusal = await new Promise<string>((resolve) => socket.on('error', (error) => resolve(error.message)));
    expect(refusal).toContain('403');
  });
});

describe('public reading', () => {
  it('shows what is public to those without a token, and nothing else', async () => {
    const datasetId = await registerMnist(publicApp.graphql);
    const publicModel = await submitArchitecture(publicApp.graphql, 'public', undefined, 1, 'PUBLIC');
    const privateModel = await submitArchitecture(publicApp.graphql, 'private', undefined, 2);
    const attacks = [{ fgsm: { epsilon: 0.1 } }];
    for (const modelId of [publicModel, privateModel]) {
      const { jobIds } = await startEvaluation(publicApp.graphql, { modelId, datasetId, attacks, sampleCount: 4, keepImages: true });
      await finished(publicApp.graphql, jobIds[0]!);
    }
    const ask = async (query: string, variables = {}) =>
      (await (await post(publicApp.url, '/graphql', { query, variables }, {})).json()) as {
        // eslint-disable-next-line @typescript-eslint/no-explicit-any -- asserted on below
        data: any;
        errors?: { extensions: { code: string } }[];
      };
    const { data } = await ask(
      `query ($id: ID!) { viewer { name role } models { nodes { name } } evaluations { nodes { model { name } examples(first: 1) { nodes { adversarialImageUrl } } } }
        results { evaluationCount } model(id: $id) { name } jobs { nodes { evaluation { model { name } } model { name } } } }`,
      { id: privateModel },
    );
    expect(data).toMatchObject({ viewer: { name: '(public)', role: 'VIEWER' }, models: { nodes: [{ name: 'public' }] }, model: null });
    expect(data.results).toEqual([{ evaluationCount: 1 }]);
    expect(JSON.stringify(data)).not.toContain('"private"');
    const image = data.evaluations.nodes[0].examples.nodes[0].adversarialImageUrl as string;
    expect((await fetch(publicApp.url + image)).status).toBe(200);

    const refused = await ask('mutation ($input: SubmitModelInput!) { submitModel(input: $input) { __typename } }', {
      input: { name: 'x' },
    });
    expect(refused.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    const saved = await ask('mutation { saveView(input: { name: "x", path: "/" }) { __typename } }');
    expect(saved.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    expect((await ask('{ tokens { totalCount } }')).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    expect((await fetch(`${publicApp.url}/metrics`)).status).toBe(401);
    expect((await post(publicApp.url, '/uploads', { size: 1 }, {})).status).toBe(401);
  });

  it('does not stand in for a token that is wrong', async () => {
    const { errors } = await graphqlClient(publicApp.graphqlUrl, 'Bearer gauntlet_wrong')('{ viewer { name } }');
    expect(errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED');
  });

  it('is off unless it is asked for', async () => {
    expect((await post(app.url, '/graphql', { query: '{ __typename }' }, {})).status).toBe(401);
  });
});

describe('the dashboard', () => {
  it('is one page under a policy that loads nothing from elsewhere, with a nonce of its own for each answer', async () => {
    const answers = await Promise.all(
      ['/', '/evaluations', '/models/TW9kZWw6eA', '/sign-in', '/leaderboard?norm=LINF'].map((path) => fetch(app.url + path)),
    );
    const nonces = new Set<string>();
    for (const response of answers) {
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      const policy = response.headers.get('content-security-policy')!;
      expect(policy).toMatch(/default-src 'none'; script-src 'self'; style-src 'self' 'nonce-[\w+/=]+'/);
      expect(policy).not.toMatch(/https?:|script-src[^;]*(unsafe|\*)/);
      const page = await response.text();
      expect(page).not.toMatch(/(src|href)="?https?:/);
      const nonce = /'nonce-([^']+)'/.exec(policy)![1]!;
      expect(page).toContain(`nonce="${nonce}"`);
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(answers.length);
  });

  it('has scripts that are packed and kept for good', async () => {
    const page = await (await fetch(app.url)).text();
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(page)![1]!;
    const { status, headers } = await fetch(app.url + script);
    expect([status, headers.get('content-encoding'), headers.get('cache-control')]).toEqual([
      200,
      'gzip',
      expect.stringContaining('immutable'),
    ]);
    expect((await fetch(`${app.url}/assets/..%2f..%2fpackage.json`)).status).not.toBe(200);
  });

  it('leaves paths of the API, and unknown ones, their typed errors', async () => {
    for (const path of ['/nothing', '/evaluations.xml', '/models/x/y/z', '/studies/x.html', '/assets/none.js']) {
      const response = await fetch(app.url + path, { headers: { authorization: app.authorization, accept: 'text/html' } });
      expect([path, response.status, ((await response.json()) as { error: { code: string } }).error.code]).toEqual([
        path,
        404,
        'NOT_FOUND',
      ]);
    }
  });

  it('is where a browser that asks for /graphql is led', async () => {
    const response = await fetch(app.graphqlUrl, { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }, redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, '/explorer']);
    expect((await fetch(`${app.url}/explorer`)).headers.get('content-security-policy')).toContain("script-src 'self'");
  });
});
