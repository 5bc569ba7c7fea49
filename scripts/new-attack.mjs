/**
 * Begins an attack: its file, the line of the registry and a test. `npm run new:attack -- <family> <name>`, such as `-- gradient my-attack`.
 * What it writes compiles and runs as one gradient step, to be replaced by the attack.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const attacks = join(root, 'src/compute/attacks');
const families = readdirSync(attacks, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !['core', 'norms'].includes(entry.name))
  .map(({ name }) => name);

function fail(message) {
  console.error(message);
  process.exit(1);
}

const [family, name] = process.argv.slice(2);
if (!families.includes(family) || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name ?? '')) {
  fail(
    `Usage: npm run new:attack -- <family> <name>\nFamilies: ${families.join(', ')}. The name is in lower case with hyphens, such as my-attack.`,
  );
}
const words = name.split('-');
const member = words.map((word, i) => (i ? word[0].toUpperCase() + word.slice(1) : word)).join('');
try {
  new Function(`const ${member} = 0;`);
} catch {
  fail(`${member} is a word of JavaScript; give the attack another name.`);
}
const kind = words.join('_').toUpperCase();
const file = join(attacks, family, `${name}.ts`);
const test = join(root, `tests/compute/attacks-${name}.test.ts`);
const registry = join(attacks, 'registry.ts');
for (const path of [file, test]) if (existsSync(path)) fail(`${path} exists.`);
const registered = readFileSync(registry, 'utf8');
if (registered.includes(`  ${member},`)) fail(`The registry has an attack ${member}.`);

writeFileSync(
  file,
  `/** ${name}: what it does, with its paper. @module */
import { integer } from '../../parameters/descriptions.js';
import { linfBudget } from '../core/budgets.js';
import { defineAttack } from '../core/definition.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { projectedGradient } from '../core/projected-gradient.js';
import { LINF } from '../norms/linf.js';

export const ${member} = defineAttack({
  kind: '${kind}',
  name: '${member}',
  title: '${name}',
  description: 'One sentence for the catalogue.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: false,
  reference: { title: 'Title of the paper', authors: 'Authors', year: ${new Date().getFullYear()}, link: 'arXiv:0000.00000' },
  parameters: {
    epsilon: LINF_EPSILON,
    steps: integer({ default: 10, minimum: 1, maximum: 10_000, description: 'Number of steps.' }),
  },
  budget: linfBudget,
  run: (task, { epsilon, steps }) =>
    projectedGradient(task, { labels: task.labels, direction: 'ascend', norm: LINF, epsilon, alpha: epsilon / steps, steps }),
});
`,
);

const path = `./${family}/${name}.js`;
const lastImport = registered.lastIndexOf('\nimport ');
const endOfImports = registered.indexOf('\n', lastImport + 1) + 1;
const list = registered.indexOf('const single');
const endOfList = registered.indexOf('\n];', list) + 1;
writeFileSync(
  registry,
  `${registered.slice(0, endOfImports)}import { ${member} } from '${path}';\n${registered.slice(endOfImports, endOfList)}  ${member},\n${registered.slice(endOfList)}`,
);

writeFileSync(
  test,
  `import { expect, it } from 'vitest';
import { createEngine, evaluateShard, loadModel, openDataset } from '../../src/compute/index.js';

it('${name} fools more images than noise of the same budget, and keeps within it', async () => {
  const engine = await createEngine({ engine: 'compiled:cpu' });
  const model = await loadModel({ directory: 'assets/models/mnist-baseline' });
  const dataset = await openDataset({ format: 'mnist', split: 'test' });
  const right = async (kind: string) => {
    const attack = { kind, parameters: { epsilon: 0.1 } };
    const shard = await evaluateShard({ engine, model, dataset, attack, seed: 1, offset: 0, count: 32, keepImages: false });
    expect(shard.budgetViolations).toBe(0);
    return shard.labels.filter((label, i) => shard.adversarialPrediction[i] === label).length;
  };
  expect(await right('${kind}')).toBeLessThan(await right('RANDOM_SIGN_NOISE'));
  await dataset.close();
  await engine.dispose();
});
`,
);

console.log(`Wrote src/compute/attacks/${family}/${name}.ts, its line in registry.ts, and tests/compute/attacks-${name}.test.ts.
Then: npm run build && npx vitest run dist/tests/compute/attacks-${name}.test.js dist/tests/compute/attacks.test.js
      npm run schema, for the GraphQL input that follows from its parameters.`);
