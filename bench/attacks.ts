/**
 * Every attack of the registry on every model that ships, as a table for the docs:
 * `npm run bench:attacks -- [--images 200] [--cifar10 FOLDER] [--engine NAME] [--threads N] [--only KIND,KIND] [--output docs/attacks.md]`.
 * Without the folder of CIFAR-10 (binary version), its model is left out.
 * @module
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import {
  type AttackDefinition,
  attacks,
  createEngine,
  type DatasetSource,
  type Engine,
  type EngineName,
  evaluateShard,
  formatMagnitude,
  isRequired,
  loadLayersModel,
  type Norm,
  openDataset,
  type ParameterValues,
  type ShardResult,
} from '../src/compute/index.js';
import { processorName } from './machine.js';
import { SECTION } from '../tests/originals/table.js';
import { readSection } from './section.js';

interface Subject {
  readonly model: string;
  readonly dataset: DatasetSource;
  /** Budgets of attacks that need one. */
  readonly epsilon: Readonly<Record<Norm, number>>;
}

/** Defaults above these, which take minutes for a few hundred images, are cut down to them. */
const LIMITS: Readonly<Record<string, number>> = { queries: 1000, steps: 500, searchSteps: 5 };

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '200' },
    cifar10: { type: 'string' },
    engine: { type: 'string', default: 'compiled:cpu' },
    threads: { type: 'string' },
    only: { type: 'string' },
    output: { type: 'string', default: 'docs/attacks.md' },
  },
});

const count = Number(values.images);
const MNIST: DatasetSource = { format: 'mnist', split: 'test' };
const MNIST_EPSILON = { LINF: 0.1, L2: 1.5, L1: 10, L0: 25 };
const SUBJECTS: readonly Subject[] = [
  { model: 'mnist-baseline', dataset: MNIST, epsilon: MNIST_EPSILON },
  { model: 'mnist-adversarial', dataset: MNIST, epsilon: MNIST_EPSILON },
  ...(values.cifar10 === undefined
    ? []
    : [
        {
          model: 'cifar10-resnet-20',
          dataset: { format: 'cifar10', split: 'test', directory: values.cifar10 } as const,
          epsilon: { LINF: 2 / 255, L2: 0.25, L1: 6, L0: 50 },
        },
      ]),
];

/** Budgets, and defaults cut down; a list of attacks holds PGD. */
function parametersOf(attack: AttackDefinition, { epsilon }: Subject): ParameterValues {
  const needed = Object.entries(attack.parameters).filter(([, spec]) => isRequired(spec));
  const given = needed.map(([name, spec]) => [
    name,
    spec.type === 'attacks' ? [{ kind: 'PGD', parameters: { epsilon: epsilon.LINF } }] : epsilon[attack.norms[0]!],
  ]);
  // A default budget is for other images; a budget that may be absent is not set.
  const budget = attack.parameters['epsilon'];
  const own = budget && 'default' in budget && budget.default !== undefined ? { epsilon: epsilon[attack.norms[0]!] } : {};
  return { ...Object.fromEntries(given), ...own, ...cutOf(attack) };
}

/** What is learned once for all images may take its time. */
function cutOf({ parameters }: AttackDefinition): ParameterValues {
  const long = Object.entries(LIMITS).filter(([name, limit]) => {
    const spec = parameters[name];
    return spec?.type === 'integer' && !('trainingCount' in parameters) && spec.default !== undefined && spec.default > limit;
  });
  return Object.fromEntries(long);
}

/** A norm's distance in the units of its budget. */
const DISTANCES: Readonly<Record<Norm, (result: ShardResult, imageSize: number) => number[]>> = {
  LINF: ({ linf }) => [...linf],
  L2: ({ l2 }) => [...l2],
  L1: ({ l1 }) => [...l1],
  L0: ({ l0 }, imageSize) => Array.from(l0, (share) => share * imageSize),
};

function row(attack: AttackDefinition, parameters: ParameterValues, result: ShardResult, imageShape: readonly number[]): string {
  const right = [...result.labels.keys()].filter((i) => result.cleanPrediction[i] === result.labels[i]);
  const fooled = right.filter((i) => result.adversarialPrediction[i] !== result.labels[i]);
  const { norm, epsilon } = attack.budget(parameters, imageShape);
  const imageSize = imageShape.reduce((product, size) => product * size, 1);
  const distances = DISTANCES[norm](result, imageSize);
  const cut = Object.entries(cutOf(attack)).map(([name, value]) => `${name} ${String(value)}`);
  return cells([
    `${attack.title} (\`${attack.name}\`)`,
    `[${attack.reference.authors.split(',')[0]} ${attack.reference.year}](${linkOf(attack.reference.link)})`,
    (attack.accessOf?.(parameters) ?? attack.access).toLowerCase(),
    NORMS[norm],
    Number.isFinite(epsilon) ? formatMagnitude(epsilon) : '–',
    `${((100 * fooled.length) / Math.max(1, right.length)).toFixed(1)} %`,
    fooled.length > 0 ? number(median(fooled.map((i) => distances[i]!))) : '–',
    number(median(right.map((i) => result.queries[i]!))),
    number(median(right.map((i) => result.gradients[i]!))),
    number(result.count / result.seconds),
    cut.join(', '),
  ]);
}

const HEADER = [
  'attack',
  'from',
  'access',
  'norm',
  'ε',
  'success rate',
  'median distortion',
  'median queries',
  'median gradients',
  'images/s',
  'cut down to',
];
const NORMS: Readonly<Record<Norm, string>> = { LINF: 'L∞', L2: 'L2', L1: 'L1', L0: 'L0' };

const cells = (texts: readonly string[]) => `| ${texts.join(' | ')} |`;
const number = (value: number) => String(Number(value.toPrecision(3)));
const linkOf = (link: string) => (link.startsWith('arXiv:') ? `https://arxiv.org/abs/${link.slice(6)}` : `https://doi.org/${link}`);

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

async function table(engine: Engine, subject: Subject): Promise<string> {
  const dataset = await openDataset(subject.dataset);
  const model = await loadLayersModel({ format: 'LAYERS_MODEL', directory: `assets/models/${subject.model}` });
  const lines: string[] = [];
  let clean = '';
  for (const attack of attacks.filter(({ kind }) => !values.only || values.only.split(',').includes(kind))) {
    const parameters = parametersOf(attack, subject);
    const shard = { engine, model, dataset, attack: { kind: attack.kind, parameters }, seed: 1, offset: 0, count, keepImages: false };
    const result = await evaluateShard(shard);
    const wrong = result.labels.filter((label, i) => result.cleanPrediction[i] !== label).length;
    clean = `${(100 * (1 - wrong / result.count)).toFixed(1)} % of ${result.count} clean images right`;
    lines.push(row(attack, parameters, result, model.spec.inputShape));
    console.log(subject.model, lines.at(-1));
  }
  await dataset.close();
  return [`## ${subject.model}: ${clean}`, '', cells(HEADER), cells(HEADER.map(() => '---')), ...lines].join('\n');
}

const engine = await createEngine({ engine: values.engine as EngineName, threads: values.threads ? Number(values.threads) : undefined });
const about = `# Every attack on the models that ship

Written by \`npm run bench:attacks -- --images ${values.images}${values.cifar10 ? ' --cifar10 FOLDER' : ''}\`, on ${engine.description.label}, ${processorName()}. Defaults of each attack, but for ε, and where the last column says what
was cut down to keep the table affordable. Success is judged on the stored 8-bit image, among the images that the model gets right. Distortion is that of
the successes, in the norm of the attack; queries and gradients are forward and backward passes for one image. Without an ε, an attack looks for the smallest
change. What an attack learns before it sees the first image (universal perturbations, patch, substitute) is in none of the counts. \`bpda\`, \`eot\` and
\`worstOf\` hold PGD. Images a second are those of this machine, without the time of compiling.
`;
await mkdir(dirname(values.output), { recursive: true });
const style = await resolveConfig(values.output);
// `npm run compare:originals` writes it.
const originals = await readSection(values.output, SECTION).catch(() => '');
const parts = [about];
for (const subject of SUBJECTS) {
  parts.push(await table(engine, subject));
  // After each model: a run that is cut short leaves what it has.
  await writeFile(values.output, await format([...parts, originals].join('\n\n'), { parser: 'markdown', ...style }));
}
await engine.dispose();
