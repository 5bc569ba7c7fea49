import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import Provider from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { principalOfClaims } from '../../src/services/session/claims.js';
import { startTestApplication, type TestApplication } from '../server/support/application.js';
import { ledToSignIn, openBrowser, openPage } from './browser.js';

/** People by their logins. */
const PEOPLE: Readonly<Record<string, object>> = {
  ada: { email: 'ada@example.org', email_verified: true, groups: ['ml-admins'] },
  sam: { email: 'sam@example.org', email_verified: true, groups: ['ml', 'others'] },
  guest: { email: 'guest@example.org', email_verified: true, groups: [] },
  fake: { email: 'ada@example.org', email_verified: false, groups: ['ml-admins'] },
};

let provider: Server;
let app: TestApplication;
let browser: Browser;

const listening = (server: Server) =>
  new Promise<string>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)),
  );

beforeAll(async () => {
  provider = createServer();
  const issuer = await listening(provider);
  app = await startTestApplication({
    GAUNTLET_OIDC_ISSUER: issuer,
    GAUNTLET_OIDC_CLIENT_ID: 'gauntlet',
    GAUNTLET_OIDC_CLIENT_SECRET: 'a secret of the client',
    GAUNTLET_OIDC_SCOPE: 'openid email groups',
    GAUNTLET_OIDC_ADMINS: 'ml-admins',
    GAUNTLET_OIDC_SUBMITTERS: 'ml',
  });
  const oidc = new Provider(issuer, {
    clients: [{ client_id: 'gauntlet', client_secret: 'a secret of the client', redirect_uris: [`${app.url}/session/oidc/callback`] }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], groups: ['groups'] },
    scopes: ['openid', 'email', 'groups'],
    findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id, ...PEOPLE[id] }) }),
  });
  provider.on('request', oidc.callback());
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await app?.close();
  provider?.close();
});

/** Through the provider's own pages. */
async function signInAs(login: string, path = '/evaluations'): Promise<Page> {
  const { page } = await openPage(browser, app.url);
  await page.goto(path);
  await page.waitForURL(/\/sign-in/);
  await page.getByRole('link', { name: 'Sign in with your account' }).click();
  await page.locator('input[name=login]').fill(login);
  await page.locator('input[name=password]').fill('anything');
  await page.locator('button[type=submit]').click();
  await page.getByRole('button', { name: 'Continue' }).click();
  return page;
}

const viewerOf = (page: Page) =>
  page.evaluate(
    'fetch("/graphql", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ query: "{ viewer { name role } }" }) }).then((r) => r.json())',
  );

describe('signing in by a provider', () => {
  it.each([
    ['ada', 'ada (example.org)', 'ADMIN'],
    ['sam', 'sam (example.org)', 'SUBMITTER'],
  ])('%s is %s, with role %s by the groups, and gets to the page that was asked for', async (login, name, role) => {
    const page = await signInAs(login);
    await page.getByRole('heading', { name: 'Evaluations', level: 1 }).waitFor();
    expect(await viewerOf(page)).toEqual({ data: { viewer: { name, role } } });
    const cookies = await page.context().cookies();
    expect(cookies.find((cookie) => cookie.name === 'gauntlet_session')).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
    expect(cookies.some((cookie) => cookie.name === 'gauntlet_oidc')).toBe(false);

    // Admins see the token of the session, and end it.
    const { id } = (await app.runtime.database.prisma.token.findFirst({ where: { name } }))!;
    await app.services.tokens.revoke(id);
    await ledToSignIn(page);
    await page.context().close();
  });

  it.each([
    ['guest', /"guest@example.org" has no role on this server/],
    ['fake', /The provider has not verified your e-mail address/],
  ])('%s is refused, and told why', async (login, message) => {
    const page = await signInAs(login);
    await page.getByRole('alert').getByText(message).waitFor();
    expect(await viewerOf(page)).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    expect(await app.runtime.database.prisma.token.count({ where: { name: { startsWith: login } } })).toBe(0);
    await page.context().close();
  });

  it('takes no answer that this browser has not asked for', async () => {
    const { page } = await openPage(browser, app.url);
    await page.goto('/session/oidc/callback?code=stolen&state=guessed');
    await page
      .getByRole('alert')
      .getByText(/was begun in another browser/)
      .waitFor();
    await page.goto('/session/oidc?next=https://elsewhere.org/');
    await page.waitForURL((url) => url.origin !== app.url);
    await page.goto(`${app.url}/session/oidc/callback?code=stolen&state=guessed`);
    await page.getByRole('alert').getByText('The provider did not confirm who you are.').waitFor();
    await page.context().close();
  });

  it('fails in plain words while the provider is away', async () => {
    const away = await startTestApplication({ GAUNTLET_OIDC_ISSUER: 'http://127.0.0.1:1', GAUNTLET_OIDC_CLIENT_ID: 'gauntlet' });
    try {
      const { page } = await openPage(browser, away.url);
      await page.goto('/sign-in');
      await page.getByRole('link', { name: 'Sign in with your account' }).click();
      await page
        .getByRole('alert')
        .getByText(/does not answer/)
        .waitFor();
      await page.context().close();
    } finally {
      await away.close();
    }
  });
});

describe('claims', () => {
  const rules = { nameClaim: 'email', roleClaim: 'groups', admins: ['admins'], submitters: ['ml'], defaultRole: 'VIEWER' } as const;
  it('make a role, the highest of several, from a text, a list or a path', () => {
    const role = (claims: object, part: object = {}) => principalOfClaims({ email: 'a@b.org', ...claims }, { ...rules, ...part }).role;
    expect(role({ groups: ['ml', 'admins'] })).toBe('ADMIN');
    expect(role({ groups: 'ml' })).toBe('SUBMITTER');
    expect(role({ groups: [7, null] })).toBe('VIEWER');
    expect(role({})).toBe('VIEWER');
    expect(role({ realm_access: { roles: ['admins'] } }, { roleClaim: 'realm_access.roles' })).toBe('ADMIN');
    expect(role({ 'https://x.org/roles': ['ml'] }, { roleClaim: 'https://x.org/roles' })).toBe('SUBMITTER');
  });

  it('without a name are refused', () => {
    expect(() => principalOfClaims({ groups: ['admins'] }, rules)).toThrow('The provider does not say your "email".');
  });
});
