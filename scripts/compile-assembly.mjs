/**
 * Compiles assembly/ to assets/assembly/similarity.wasm, which is committed: who does not change it needs no compiler, which is 100 MB large and is fetched
 * here. The digest beside it says of which sources it is; a test compares.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const COMPILER = 'assemblyscript@0.28.20';
const OPTIONS = '--enable simd --optimizeLevel 3 --converge --runtime stub --memoryBase 1024'.split(' ');
const root = new URL('..', import.meta.url);

const asc = ['--yes', '--package', COMPILER, 'asc', 'assembly/index.ts', '--outFile', 'assets/assembly/similarity.wasm', ...OPTIONS];
execFileSync('npx', asc, { cwd: root, stdio: 'inherit' });
const hash = createHash('sha256');
for (const name of readdirSync(new URL('assembly', root)).sort()) hash.update(readFileSync(new URL(`assembly/${name}`, root)));
writeFileSync(new URL('assets/assembly/similarity.sha256', root), `${hash.digest('hex')}\n`);
