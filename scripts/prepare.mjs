/**
 * Makes a clone ready to run: packages, database client, compiled code, dashboard. Does only what is missing, so a second start costs a second.
 * Plain JavaScript without packages, because it runs before there are any.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
const stampFile = join(root, 'node_modules', '.gauntlet', 'prepared.json');
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 20)) {
  console.error(`Gauntlet needs Node 20.20 or later; this is ${process.version}. Install a newer Node from https://nodejs.org.`);
  process.exit(1);
}

function digest(...paths) {
  const hash = createHash('sha256').update(process.version);
  for (const path of paths) hash.update(readFileSync(join(root, path)));
  return hash.digest('hex');
}

/** All files of a folder, in a stable order; TypeScript unless told otherwise. */
function sources(folder, wanted = /\.ts$/) {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && wanted.test(entry.name) && entry.name !== 'generated.ts')
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length))
    .sort();
}

function run(what, command, args, options) {
  console.error(`gauntlet: ${what} …`);
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32', ...options });
  if (result.status !== 0) {
    console.error(`gauntlet: ${what} failed (${result.error?.message ?? `exit status ${result.status}`}); see the lines above.`);
    process.exit(result.status || 1);
  }
}

/** The same beside what follows. @returns how to wait for it. */
function runBeside(what, command, args) {
  console.error(`gauntlet: ${what} …`);
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => resolve(code === 0 ? undefined : `exit status ${code}`));
  });
  return async () => {
    const problem = await ended;
    if (problem === undefined) return;
    console.error(`gauntlet: ${what} failed (${problem}); see the lines above.`);
    process.exit(1);
  };
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'));
  } catch {
    return {};
  }
}

function writeStamp(stamp) {
  mkdirSync(join(stampFile, '..'), { recursive: true });
  writeFileSync(stampFile, JSON.stringify(stamp));
}

/** Whether what npm says that it has installed is what the lock asks for, as after a `npm ci` by hand. */
function isInstalled() {
  try {
    const [wanted, found] = ['package-lock.json', 'node_modules/.package-lock.json'].map(
      (path) => JSON.parse(readFileSync(join(root, path), 'utf8')).packages,
    );
    const packages = Object.entries(wanted).filter(([path]) => path.includes('node_modules/'));
    return packages.every(([path, { version, optional }]) => (found[path] ? found[path].version === version : optional === true));
  } catch {
    return false;
  }
}

let stamp = readStamp();

const packages = digest('package.json', 'package-lock.json', '.npmrc', 'client/package.json', 'web/package.json');
if (stamp.packages !== packages) {
  if (stamp.packages !== undefined || !isInstalled()) run('installing packages (once; about a minute)', npm, ['ci', '--loglevel=error']);
  stamp = { packages };
  writeStamp(stamp);
}

const client = digest('prisma/schema.prisma', 'prisma.config.ts');
if (stamp.client !== client || !existsSync(join(root, 'src/storage/generated'))) {
  run('generating the database client', process.execPath, ['node_modules/prisma/build/index.js', 'generate']);
  writeStamp((stamp = { ...stamp, client }));
}

const library = digest(
  'schema.graphql',
  'client/src/operations.graphql',
  'client/tsconfig.json',
  'scripts/generate-client.mjs',
  ...sources('client/src'),
);
if (stamp.library !== library || !existsSync(join(root, 'client/dist'))) {
  run('generating the client library', process.execPath, ['scripts/generate-client.mjs', 'client']);
  run('compiling the client library', process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'client']);
  writeStamp((stamp = { ...stamp, library }));
}

const web = digest(
  'schema.graphql',
  'package-lock.json',
  'scripts/generate-client.mjs',
  ...['index.html', 'explorer.html', 'vite.config.ts'].map((name) => `web/${name}`),
  ...sources('web/src', /./),
);
let dashboard;
if (stamp.web !== web || !existsSync(join(root, 'web/dist/index.html'))) {
  run("generating the dashboard's operations", process.execPath, ['scripts/generate-client.mjs', 'web']);
  dashboard = runBeside('building the dashboard', process.execPath, ['node_modules/vite/bin/vite.js', 'build', 'web']);
}

const code = digest('tsconfig.json', ...['src', 'tests', 'bench', 'scripts', 'examples'].flatMap((folder) => sources(folder)));
if (stamp.code !== code || !existsSync(join(root, 'dist'))) {
  // What was compiled from files that are gone would still be found, tests for instance.
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  run('compiling', process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.']);
  writeStamp((stamp = { ...stamp, code }));
}

if (dashboard) {
  await dashboard();
  writeStamp({ ...stamp, web });
}
