import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startTestApplication, type TestApplication } from '../server/support/application.js';
import { submitArchitecture } from '../server/support/operations.js';

const run = promisify(execFile);

let app: TestApplication;
/** Names of all metrics, as `# TYPE` lines declare them. */
let names: Set<string>;

beforeAll(async () => {
  app = await startTestApplication();
  await submitArchitecture(app.graphql, 'model');
  const text = await (await fetch(`${app.url}/metrics`, { headers: { authorization: app.authorization } })).text();
  names = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!));
});
afterAll(() => app?.close());

/** Metrics in an expression that are not there. */
const missing = (expressions: readonly string[]) =>
  expressions
    .flatMap((expression) => expression.match(/\b(?:gauntlet|nodejs|process)_[a-z_\d]+/g) ?? [])
    .filter((name) => !names.has(name) && !names.has(name.replace(/_(count|sum|bucket)$/, '')));

describe('the alert rules', () => {
  it('pass promtool, and fire when they should', async () => {
    await run('promtool', ['check', 'rules', '--lint=all', '--lint-fatal', 'deploy/prometheus/alerts.yaml']);
    await run('promtool', ['test', 'rules', 'alerts.test.yaml'], { cwd: 'deploy/prometheus' });
  });

  it('are about metrics that a server has', async () => {
    const { groups } = parse(await readFile('deploy/prometheus/alerts.yaml', 'utf8')) as { groups: { rules: { expr: string }[] }[] };
    const expressions = groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));
    expect(expressions.length).toBeGreaterThan(5);
    expect(missing(expressions)).toEqual([]);
  });
});

describe('the dashboard', () => {
  it('shows metrics that a server has, by expressions that Prometheus understands', async () => {
    const dashboard = JSON.parse(await readFile('deploy/grafana/gauntlet.json', 'utf8')) as {
      panels: { id: number; title: string; targets: { expr: string }[] }[];
    };
    const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    expect(expressions.length).toBeGreaterThan(15);
    expect(missing(expressions)).toEqual([]);
    for (const expression of expressions) await run('promtool', ['promql', 'format', expression, '--experimental']);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });
});
