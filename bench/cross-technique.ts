/**
 * Transfer between techniques of machine learning, as Papernot, McDaniel & Goodfellow 2016 (arXiv 1605.07277) measure it: `node dist/bench/cross-technique.js`.
 * Writes docs/studies-cross-technique.md.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AnyModel,
  classifiers,
  createEngine,
  type Dataset,
  DEFAULT_MODEL_LIMITS,
  DEFAULT_REMOTE_POLICY,
  evaluateShard,
  findAttack,
  findClassifier,
  fitClassifier,
  openDataset,
  openModel,
  predictImages,
  validateParameters,
  wilson,
} from '../src/compute/index.js';

const [COUNT, FITTED, EPSILON] = [100, 2000, 0.3];
const SEED = 1;
const fgsm = { kind: 'FGSM', parameters: { epsilon: EPSILON } };
/** What each technique is attacked by. Trees and neighbours have no gradient. */
const TECHNIQUES = [
  { title: 'network', attack: fgsm },
  { title: 'logistic regression', kind: 'logisticRegression', parameters: { iterations: 50 }, attack: fgsm },
  { title: 'SVM', kind: 'svm', parameters: {}, attack: fgsm },
  {
    title: 'decision tree',
    kind: 'decisionTree',
    parameters: {},
    attack: { kind: 'HOP_SKIP_JUMP_LINF', parameters: { epsilon: EPSILON, queries: 300 } },
  },
  {
    title: 'k-NN',
    kind: 'nearestNeighbours',
    parameters: {},
    attack: { kind: 'HOP_SKIP_JUMP_LINF', parameters: { epsilon: EPSILON, queries: 300 } },
  },
];

const folder = await mkdtemp(join(tmpdir(), 'cross-technique-'));
const engine = await createEngine({ engine: 'compiled:cpu', threads: 1 });
const test = await openDataset({ format: 'mnist', split: 'test' });
const train = await openDataset({ format: 'mnist', split: 'train' });
const open = (source: Parameters<typeof openModel>[0]) =>
  openModel(source, { engine, limits: DEFAULT_MODEL_LIMITS, remote: DEFAULT_REMOTE_POLICY });

let fitted = 0;
async function fit(kind: string, given: object, dataset: Dataset, sampleCount: number, offset = 0): Promise<AnyModel> {
  const parameters = validateParameters(findClassifier(kind), given as never, 'INVALID_TRAINING');
  const directory = join(folder, String(fitted++));
  const { spec, access } = await fitClassifier({ name: kind, parameters, offset, sampleCount, seed: SEED }, dataset, directory);
  return open({ format: 'ONNX', directory, spec, access });
}

async function attack(model: AnyModel, { kind, parameters: given }: { kind: string; parameters: object }) {
  const definition = findAttack(kind);
  const parameters = validateParameters(definition, given as never);
  const shard = { engine, model, dataset: test, offset: 0, count: COUNT, attack: { kind, parameters }, seed: SEED, keepImages: true };
  return evaluateShard(shard);
}

const predicted = async (model: AnyModel, images?: Parameters<typeof predictImages>[0]['images']) =>
  (await predictImages({ engine, model, dataset: test, offset: 0, count: COUNT, images })).prediction;

const models = await Promise.all(
  TECHNIQUES.map(({ kind, parameters }) =>
    kind === undefined ? open({ directory: 'assets/models/mnist-baseline' }) : fit(kind, parameters, train, FITTED),
  ),
);
const clean = await Promise.all(models.map((model) => predicted(model)));
const { labels } = await test.read(0, COUNT);

const cell = (hits: number, n: number) => {
  if (n === 0) return '–';
  const { value, lower, upper } = wilson(hits, n);
  const percent = (share: number | null) => (100 * share!).toFixed(0);
  return `${percent(value)} % (${percent(lower)}–${percent(upper)}, n = ${n})`;
};
const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const head = (cells: readonly string[]) => [row(cells), row(cells.map(() => '---'))];
const titles = TECHNIQUES.map(({ title }) => title);

/** Of the images that source and target get right and whose attacked form fools the source, those that fool the target. */
const matrix: string[] = [];
for (const [s, { title, attack: chosen }] of TECHNIQUES.entries()) {
  const result = await attack(models[s]!, chosen);
  const cells: string[] = [];
  for (const [t, target] of models.entries()) {
    const after = t === s ? result.adversarialPrediction : await predicted(target, result.images);
    const both = Array.from(labels.keys()).filter((i) => clean[s]![i] === labels[i] && clean[t]![i] === labels[i]);
    const fooling = both.filter((i) => result.adversarialPrediction[i] !== labels[i]);
    const counted = t === s ? both : fooling;
    cells.push(cell(counted.filter((i) => after[i] !== labels[i]).length, counted.length));
  }
  matrix.push(row([title, ...cells]));
  process.stdout.write(`${matrix.at(-1)!}\n`);
}

/** A substitute of each kind learns what the target answers for other images; what fools it by FGSM is shown to the target. */
const SUBSTITUTES = TECHNIQUES.filter(({ attack: chosen, kind }) => chosen === fgsm && kind !== undefined);
const [FROM, ASKED] = [5000, 1000];
const substituted: string[] = [];
for (const [t, target] of models.entries()) {
  const { prediction } = await predictImages({ engine, model: target, dataset: test, offset: FROM, count: ASKED });
  const answered: Dataset = {
    ...test,
    read: async (from, count) => ({ images: (await test.read(from, count)).images, labels: prediction }),
  };
  const cells: string[] = [];
  for (const { kind, parameters, attack: chosen } of SUBSTITUTES) {
    const substitute = await fit(kind!, parameters!, { info: test.info, read: answered.read, close: test.close }, ASKED, FROM);
    const { images } = await attack(substitute, chosen);
    const after = await predicted(target, images);
    const right = Array.from(labels.keys()).filter((i) => clean[t]![i] === labels[i]);
    cells.push(cell(right.filter((i) => after[i] !== labels[i]).length, right.length));
  }
  substituted.push(row([titles[t]!, ...cells]));
  process.stdout.write(`${substituted.at(-1)!}\n`);
}

const accuracies = titles.map((title, t) =>
  row([title, cell(Array.from(labels).filter((label, i) => clean[t]![i] === label).length, COUNT)]),
);
await writeFile(
  'docs/studies-cross-technique.md',
  `# Transfer between techniques

Papernot, McDaniel & Goodfellow ([arXiv 1605.07277](https://arxiv.org/abs/1605.07277)) found that adversarial examples transfer between networks, logistic regression, support
vector machines, decision trees and nearest neighbours. The same on the first ${COUNT} images of MNIST's test set: the shipped network \`mnist-baseline\`, and four of the
${classifiers.length} [classical classifiers](guide/classical-classifiers.md) fitted to ${FITTED} images of the training set. Percentages are with 95 % Wilson intervals. Written by \`node dist/bench/cross-technique.js\`.

## Accuracy

${[...head(['technique', 'accuracy']), ...accuracies].join('\n')}

## From source (row) to target (column)

Networks, logistic regression and SVMs are attacked by FGSM with ε = ${EPSILON}, trees and neighbours by HopSkipJump (L∞, at most ${EPSILON}, 300 queries), which ends at their
decision boundary: its changes are as small as they can be, and transfer less than those of FGSM, which use all of ε. The diagonal is success on the source; elsewhere n
are the images that both get right and whose attacked form fools the source.

${[...head(['source', ...titles]), ...matrix].join('\n')}

## Substitutes

A substitute learns what the target (row) answers for ${ASKED} images of the test set that are not attacked; FGSM with ε = ${EPSILON} on the substitute (column) is shown to the
target. n are the images that the target gets right.

${[...head(['target', ...SUBSTITUTES.map(({ title }) => title)]), ...substituted].join('\n')}
`,
);
await Promise.all([engine.dispose(), test.close(), train.close()]);
await rm(folder, { recursive: true, force: true });
