/**
 * Packs the server as the npm package `@gauntlet/server`, and the client: `npm run pack -- FOLDER` writes both archives there. What the server's has is what a clone
 * has after `npm run build`, without tests and tools, under the same paths.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
const target = resolve(process.argv[2] ?? '.');

/** What is published, besides package.json, as it lies in the clone. */
const FILES = ['dist/src', 'web/dist', 'assets', 'prisma/migrations', 'schema.graphql', 'LICENSE', 'CHANGELOG.md'];

const clone = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { version, description, license, type, engines, dependencies, optionalDependencies } = clone;
// Of hundreds of megabytes, for the engine that its users choose.
const optional = { ...optionalDependencies };
delete optional['@tensorflow/tfjs-node-gpu'];

const names = ['server', 'worker', 'token'].map((name) => `gauntlet-${name}`);
const manifest = {
  name: '@gauntlet/server',
  version,
  description,
  license,
  type,
  engines,
  bin: Object.fromEntries(names.map((name) => [name, `bin/${name}.js`])),
  files: ['bin', ...FILES],
  dependencies,
  optionalDependencies: optional,
  publishConfig: { access: 'public', provenance: true },
};

const folder = mkdtempSync(join(tmpdir(), 'gauntlet-package-'));
try {
  for (const path of FILES) cpSync(join(root, path), join(folder, path), { recursive: true });
  cpSync(join(root, 'packages/server'), folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  mkdirSync(target, { recursive: true });
  for (const source of [folder, join(root, 'client')])
    execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', target], {
      cwd: source,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
} finally {
  rmSync(folder, { recursive: true });
}
