/**
 * Makes a version of the changesets: raises the version of the client, gives the server the same, and moves what changed to CHANGELOG.md.
 * `npm run release:version`. It commits nothing.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { withPythonChanges } from './python-changes.mjs';

const root = new URL('..', import.meta.url).pathname;
process.chdir(root);
const run = (...command) => execFileSync(command[0], command.slice(1), { stdio: 'inherit' });

run('npx', 'changeset', 'version');
if (!existsSync('client/CHANGELOG.md')) {
  console.error('There is no changeset: nothing to release.');
  process.exit(1);
}
const { version } = JSON.parse(readFileSync('client/package.json', 'utf8'));
const changes = readFileSync('client/CHANGELOG.md', 'utf8')
  .replace(/^# .*\n+/, '')
  .trim();
const changelog = readFileSync('CHANGELOG.md', 'utf8');
const first = changelog.indexOf('\n## ') + 1;
writeFileSync('CHANGELOG.md', `${changelog.slice(0, first)}${changes}\n\n${changelog.slice(first)}`);
rmSync('client/CHANGELOG.md');
writeFileSync('python/CHANGELOG.md', withPythonChanges(readFileSync('python/CHANGELOG.md', 'utf8'), version, changes));
writeFileSync('CITATION.cff', readFileSync('CITATION.cff', 'utf8').replace(/^version: .*$/m, `version: ${version}`));
run('npm', 'pkg', 'set', `version=${version}`);
run('npm', 'install', '--package-lock-only', '--ignore-scripts');
run('npx', 'prettier', '--write', 'CHANGELOG.md', 'python/CHANGELOG.md', 'package.json');
