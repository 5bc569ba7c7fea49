/**
 * What the server is made of: writes a bill of materials (CycloneDX, by npm) of all packages that are installed for production, and fails where one has a licence that
 * is not among those below. `npm run sbom -- sbom.cdx.json`; without a file it only checks.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

/** Permissive, and compatible with Apache-2.0. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
  'Unlicense',
  'Zlib',
]);

/** Libraries under other licences, which are used as they are. */
const EXCEPTIONS = {
  // libvips, a shared library beside sharp.
  'LGPL-3.0-or-later': /^@img\/sharp-/,
};

/** Of packages that do not say it in `package.json`: what their LICENSE says. */
const STATED = { 'color-convert@0.5.3': 'MIT' };

/** @param {string} expression of SPDX, without WITH. */
function isAllowed(expression, name) {
  const terms = expression.replace(/[()]/g, ' ');
  // Of a choice one is enough; of a sum all have to be allowed.
  return terms.split(/\sOR\s/).some((choice) =>
    choice
      .split(/\sAND\s/)
      .map((term) => term.trim())
      .every((term) => ALLOWED.has(term) || EXCEPTIONS[term]?.test(name)),
  );
}

const licencesOf = ({ name, version, licenses = [] }) => {
  const stated = STATED[`${name}@${version}`];
  return stated ? [stated] : licenses.map(({ license, expression }) => expression ?? license.id ?? license.name);
};

const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));
const text = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev'], {
  encoding: 'utf8',
  maxBuffer: 2 ** 28,
  stdio: ['ignore', 'pipe', 'ignore'],
});
const bill = JSON.parse(text);
// npm gives the name of the folder.
Object.assign(bill.metadata.component, { name, version, type: 'application' });

const refused = bill.components.filter((component) => {
  const found = licencesOf(component);
  return found.length === 0 || !found.every((licence) => isAllowed(licence, component.name));
});
for (const component of refused)
  console.error(`${component.name} ${component.version}: ${licencesOf(component).join(', ') || 'no licence'}`);
if (refused.length > 0) {
  console.error('Add what may be used to scripts/sbom.mjs, or use another package.');
  process.exit(1);
}
const [, , file] = process.argv;
if (file) writeFileSync(file, `${JSON.stringify(bill, null, 2)}\n`);
console.log(`${bill.components.length} packages, all under licences that may be used${file ? `: ${file}` : ''}.`);
