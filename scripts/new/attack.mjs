/**
 * Begins an attack: its file, the line of the registry and a test. `npm run new:attack -- <family> <name>`, such as `-- gradient my-attack`.
 * What it writes compiles and runs as one gradient step, to be replaced by the attack.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fail, namesOf, register, root, writeFiles } from './skeleton.mjs';

const families = readdirSync(join(root, 'src/compute/attacks'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !['core', 'norms'].includes(entry.name))
  .map(({ name }) => name);

const [family, name] = process.argv.slice(2);
const names = namesOf(name);
if (!families.includes(family) || !names) {
  fail(
    `Usage: npm run new:attack -- <family> <name>\nFamilies: ${families.join(', ')}. The name is in lower case with hyphens, such as my-attack.`,
  );
}
const { member, constant: kind } = names;
const file = `src/compute/attacks/${family}/${name}.ts`;
const test = `tests/compute/attacks-${name}.test.ts`;

writeFiles({
  [file]: `/** ${name}: what it does, with its paper. @module */
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
  [test]: `import { expect, it } from 'vitest';
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
});
register('src/compute/attacks/registry.ts', `import { ${member} } from './${family}/${name}.js';`, `  ${member},`, {
  opening: 'const single',
  closing: '];',
});

console.log(`Wrote ${file}, its line in registry.ts, and ${test}.
Then: npm run build && npx vitest run dist/tests/compute/attacks-${name}.test.js dist/tests/compute/attacks.test.js
      npm run schema, for the GraphQL input that follows from its parameters.`);
