/**
 * Runs the examples of the documentation against a server of its own, in the order of the pages, and pastes what comes back:
 * `npm run docs:examples [-- PAGE …]`. With `--check` nothing is written: the run fails where an example fails, or its output has another shape.
 *
 * An example is a fenced block after `<!-- run -->`, in graphql, bash, ts or python. Its output is the block after `<!-- output -->`.
 * Options of `run`: `save name=path` keeps a part of the answer, as a GraphQL variable `$name` and a shell variable `$NAME`; `wait` waits for the jobs in the
 * answer, and until they are done the next example does not start; `lines=n` keeps the first n lines of the output.
 * @module
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { type OperationDefinitionNode, parse } from 'graphql';
import { format, resolveConfig } from 'prettier';
import ts from 'typescript';

const PAGES = [
  'README.md',
  'docs/guide/first-numbers.md',
  'docs/guide/is-my-defence-real.md',
  'docs/guide/submit-a-model.md',
  'docs/guide/transfer.md',
  'docs/guide/train.md',
  'docs/guide/certify.md',
  'docs/guide/compare.md',
  'docs/guide/exchange.md',
  'docs/guide/run-for-a-team.md',
  'docs/guide/clients.md',
  'docs/guide/keep-order.md',
  'docs/guide/own-dashboard.md',
  'docs/guide/extend.md',
];

/** The address that the pages show. */
const SHOWN_URL = 'http://127.0.0.1:4000';
const TIMEOUT_MS = 180_000;

const EXAMPLE =
  /<!-- run(?<options>[^>]*?) ?-->\n+```(?<language>\w+)\n(?<code>[\s\S]*?)\n```(?<output>\n+<!-- output -->(?:\n+```\w*\n[\s\S]*?\n```)?)?/g;

interface Server {
  readonly url: string;
  readonly token: string;
  readonly process: ChildProcess;
  /** Everything on standard output so far. */
  log(): string;
}

interface Answer {
  readonly text: string;
  readonly language: string;
  readonly value?: unknown;
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { check: { type: 'boolean', default: false } } });
const folder = await mkdtemp(join(tmpdir(), 'gauntlet-examples-'));
let server: Server | undefined;
try {
  server = await startServer();
  const variables: Record<string, string> = {};
  const failures: string[] = [];
  for (const page of positionals.length ? positionals : PAGES) failures.push(...(await runPage(page, server, variables)));
  for (const failure of failures) console.error(failure);
  process.exitCode = failures.length ? 1 : 0;
} finally {
  server?.process.kill('SIGTERM');
  if (server) await new Promise((done) => server!.process.once('exit', done));
  await rm(folder, { recursive: true, force: true });
}

async function runPage(page: string, { url, token, log }: Server, variables: Record<string, string>): Promise<string[]> {
  const text = await readFile(page, 'utf8');
  const failures: string[] = [];
  const began = Date.now();
  let written = '';
  let position = 0;
  let count = 0;
  for (const match of text.matchAll(EXAMPLE)) {
    const {
      options = '',
      language,
      code,
      output,
    } = match.groups as Record<string, string | undefined> & { language: string; code: string };
    const where = `${page}:${text.slice(0, match.index).split('\n').length}`;
    written += text.slice(position, match.index);
    position = match.index + match[0].length;
    count++;
    let replaced = match[0];
    try {
      const answer = options.includes('server') ? { text: log(), language: 'text' } : await run(language, code, { url, token }, variables);
      const shown = shorten(answer.text, options, { url, token });
      for (const [, name, path] of options.matchAll(/\b(\w+)=([A-Za-z][\w.]*)/g)) {
        const part = path!.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], answer.value);
        if (typeof part !== 'string' && typeof part !== 'number') throw new Error(`The answer has no ${path}: ${answer.text}`);
        variables[name!] = String(part);
      }
      if (/\bwait\b/.test(options)) await waitForJobs(answer.value, { url, token });
      if (output !== undefined) {
        if (values.check) compareShape(output, shown, where);
        replaced = `${match[0].slice(0, match[0].length - output.length)}\n\n<!-- output -->\n\n\`\`\`${answer.language}\n${shown}\n\`\`\``;
      }
    } catch (error) {
      failures.push(`${where}: ${(error as Error).message}`);
    }
    written += replaced;
  }
  written += text.slice(position);
  if (!values.check && failures.length === 0) {
    await writeFile(page, await format(written, { ...(await resolveConfig(page)), parser: 'markdown' }));
  }
  console.log(`${page}: ${count} examples, ${failures.length} failed, ${((Date.now() - began) / 1000).toFixed(1)} s`);
  return failures;
}

function run(
  language: string,
  code: string,
  connection: Pick<Server, 'url' | 'token'>,
  variables: Record<string, string>,
): Promise<Answer> {
  const source = code.replaceAll(SHOWN_URL, connection.url);
  const environment = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name.toUpperCase(), value]));
  switch (language) {
    case 'graphql':
      return runGraphQL(source, connection, variables);
    case 'bash':
      return execute('bash', ['-euo', 'pipefail', '-c', source], connection, environment);
    case 'ts':
      return runTypeScript(source, connection, environment);
    case 'python':
      return execute('python3', ['-c', source], connection, environment);
    default:
      throw new Error(`Nothing runs ${language}.`);
  }
}

async function runGraphQL(query: string, { url, token }: Pick<Server, 'url' | 'token'>, context: Record<string, string>): Promise<Answer> {
  const operation = parse(query).definitions.find((part): part is OperationDefinitionNode => part.kind === 'OperationDefinition')!;
  const variables = Object.fromEntries(
    (operation.variableDefinitions ?? []).map(({ variable: { name } }) => {
      if (!(name.value in context)) throw new Error(`No example before has saved $${name.value}.`);
      return [name.value, context[name.value]];
    }),
  );
  const { data, errors } = await ask(url, token, query, variables);
  if (errors) throw new Error(JSON.stringify(errors));
  for (const payload of operation.operation === 'mutation' ? Object.values(data as object) : []) {
    if (payload && typeof payload === 'object' && 'message' in payload) throw new Error(JSON.stringify(payload));
  }
  return { text: JSON.stringify(data), language: 'json', value: data };
}

async function ask(url: string, token: string, query: string, variables: object): Promise<{ data?: unknown; errors?: unknown }> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as { data?: unknown; errors?: unknown };
}

async function runTypeScript(
  source: string,
  connection: Pick<Server, 'url' | 'token'>,
  environment: Record<string, string>,
): Promise<Answer> {
  const file = join(folder, 'example.mjs');
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  await writeFile(file, ts.transpileModule(source, { compilerOptions: options }).outputText);
  return execute(process.execPath, [file], connection, environment);
}

async function execute(
  command: string,
  parameters: readonly string[],
  { url, token }: Pick<Server, 'url' | 'token'>,
  environment: Record<string, string>,
): Promise<Answer> {
  const env = { ...process.env, NO_COLOR: '1', ...environment, GAUNTLET_URL: url, GAUNTLET_TOKEN: token };
  const { stdout } = await promisify(execFile)(command, parameters, { cwd: folder, env, timeout: TIMEOUT_MS, maxBuffer: 64 * 2 ** 20 });
  const text = stdout.trimEnd();
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? { text, language: 'json', value } : { text, language: 'text' };
  } catch {
    return { text, language: 'text' };
  }
}

/** Output as a page shows it. */
function shorten(text: string, options: string, { url, token }: Pick<Server, 'url' | 'token'>): string {
  const lines = text
    .trimEnd()
    .replaceAll(url, SHOWN_URL)
    .replaceAll(folder, '~/gauntlet')
    .replaceAll(token, 'gauntlet_…')
    .replaceAll(/\bgauntlet_[\w-]{20,}/g, 'gauntlet_…')
    .split('\n');
  const limit = Number(/lines=(\d+)/.exec(options)?.[1] ?? lines.length);
  return [...lines.slice(0, limit).map((line) => line.trimEnd()), ...(lines.length > limit ? ['…'] : [])].join('\n');
}

/** Every job in an answer. */
function jobsIn(value: unknown): string[] {
  if (!value || typeof value !== 'object') return [];
  const own = 'job' in value && (value.job as { id?: string } | null)?.id;
  return [...(own ? [own] : []), ...Object.values(value).flatMap(jobsIn)];
}

async function waitForJobs(value: unknown, { url, token }: Pick<Server, 'url' | 'token'>): Promise<void> {
  for (const id of new Set(jobsIn(value))) {
    for (const deadline = Date.now() + TIMEOUT_MS; ; await new Promise((done) => setTimeout(done, 150))) {
      const { data } = await ask(url, token, 'query ($id: ID!) { job(id: $id) { state error } }', { id });
      const { state, error } = (data as { job: { state: string; error?: string } }).job;
      if (state === 'SUCCEEDED') break;
      if (state !== 'QUEUED' && state !== 'RUNNING') throw new Error(`The job is ${state}: ${error}`);
      if (Date.now() > deadline) throw new Error(`The job is still ${state}.`);
    }
  }
}

/** Digits differ between machines; keys, and the words of the first line, do not. */
function compareShape(block: string, shown: string, where: string): void {
  const before = /```\w*\n([\s\S]*?)\n```/.exec(block)?.[1];
  if (!before) throw new Error(`${where} shows no output. Run npm run docs:examples.`);
  const [old, now] = [before, shown].map(parsed);
  if (!isAlike(old, now)) throw new Error(`The output is not what the page shows. Run npm run docs:examples.\n${shown}`);
}

/** JSON, or the words of the first line that has some. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const [first = ''] = text.split('\n').filter((line) => /[a-z]/i.test(line));
    return (first.match(/[a-z]{2,}/gi) ?? []).join(' ');
  }
}

/** Whether two values have the same keys. Null and an empty list go with everything: whether there is something may depend on digits. */
function isAlike(a: unknown, b: unknown): boolean {
  if (a === null || b === null) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === 0 || b.length === 0 || isAlike(a[0], b[0]);
  if (typeof a !== 'object' || typeof b !== 'object') return typeof a === typeof b;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => key in b && isAlike((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  );
}

/** A server on an empty data directory, when its demonstration has finished. */
async function startServer(): Promise<Server> {
  await mkdir(join(folder, 'data'));
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  const settings = { GAUNTLET_PORT: '0', GAUNTLET_DATA_DIR: join(folder, 'data'), GAUNTLET_DEMO: 'true', GAUNTLET_AUTH: 'token' };
  const env = { ...process.env, ...settings, DATABASE_URL: '', GAUNTLET_LOG_PRETTY: 'true', NO_COLOR: '1' };
  const child = spawn(process.execPath, ['--enable-source-maps', resolve('dist/src/server.js')], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  for (const deadline = Date.now() + TIMEOUT_MS; ; await new Promise((done) => setTimeout(done, 100))) {
    const url = /serves at (http:\/\/[^/\s]+)\/graphql/.exec(output)?.[1];
    const token = /GAUNTLET_TOKEN=(\S+)/.exec(output)?.[1];
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`The server did not start.\n${output}${errors}`);
    if (!url || !token) continue;
    const { data } = await ask(url, token, '{ evaluations { nodes { job { id } } } }', {});
    if (jobsIn(data).length < 2) continue;
    await waitForJobs(data, { url, token });
    return { url, token, process: child, log: () => output };
  }
}
