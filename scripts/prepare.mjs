/**
 * Makes a clone ready to run: packages, database client, compiled code. Does only what is missing, so a second start costs a second.
 * Plain JavaScript without packages, because it runs before there are any.
 */
import { spawnSync } from 'node:child_process';
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

/** All TypeScript files, in a stable order. */
function sources(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
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

let stamp = readStamp();

const packages = digest('package.json', 'package-lock.json', '.npmrc', 'client/package.json');
if (stamp.packages !== packages) {
  run('installing packages (once; about a minute)', npm, ['ci', '--loglevel=error']);
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
  run('generating the client library', process.execPath, ['scripts/generate-client.mjs']);
  run('compiling the client library', process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'client']);
  writeStamp((stamp = { ...stamp, library }));
}

const code = digest('tsconfig.json', ...['src', 'tests', 'bench', 'scripts', 'examples'].flatMap(sources));
if (stamp.code !== code || !existsSync(join(root, 'dist'))) {
  // What was compiled from files that are gone would still be found, tests for instance.
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  run('compiling', process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.']);
  writeStamp({ ...stamp, code });
}
