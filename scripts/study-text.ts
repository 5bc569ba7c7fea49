/**
 * Adversarial and virtual adversarial training on texts, as Miyato, Dai & Goodfellow 2017 (arXiv 1605.07725): `npm run study:text -- [--seeds 5] [--steps 500] [--out FILE]`.
 * Writes docs/studies-text.md.
 * @module
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { processorName } from '../bench/machine.js';
import { createEngine, randomStream, shuffledIndices, studentInterval, text } from '../src/compute/index.js';
import { markdownTable, tableMarkdown } from '../src/studies/report/markdown.js';
import { estimateText, OUTCOMES } from '../src/studies/report/text.js';
import { above } from '../src/studies/verdicts.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '500' },
    out: { type: 'string', default: 'docs/studies-text.md' },
  },
});
const corpus = positionals.at(-1)!;
const [seeds, steps] = [Array.from({ length: Number(values.seeds) }, (_, i) => i + 1), Number(values.steps)];

const [TEST, LABELLED, WORDS, LENGTH, BATCH, EPSILON] = [1500, 200, 3000, 48, 32, 5];
const CLASSES = ['legitimate', 'spam'];
const METHODS = {
  baseline: 'NONE',
  'adversarial training': 'ADVERSARIAL',
  'virtual adversarial training': 'VIRTUAL',
  'random perturbation': 'RANDOM',
} as const;
type Method = keyof typeof METHODS;

interface Mail {
  readonly words: readonly string[];
  readonly isSpam: boolean;
}

/** Bodies without tags, apart from those that say too little, and those that begin as an earlier one: they would be in training and test. */
async function readMails(): Promise<Mail[]> {
  const names = JSON.parse(await readFile(join(corpus, 'file_list.json'), 'utf8')) as string[];
  const mails = new Map<string, Mail>();
  for (const name of names) {
    const mail = JSON.parse(await readFile(join(corpus, name.replace(/txt$/, 'json')), 'utf8')) as { group: string; text: string };
    const body = mail.text.slice(mail.text.indexOf('\n\n'));
    const words = text.wordsOf(body.replace(/=\n/g, '').replace(/<[^>]*>|&\w+;/g, ' ')).slice(0, LENGTH);
    const key = words.join(' ');
    if (words.length >= 5 && !mails.has(key)) mails.set(key, { words, isSpam: mail.group.startsWith('spam') });
  }
  return [...mails.values()];
}

function shuffled<Item>(items: readonly Item[], seed: number, purpose: string): Item[] {
  return Array.from(shuffledIndices(randomStream(seed, purpose, 0), items.length), (i) => items[i]!);
}

const start = performance.now();
const mails = shuffled(await readMails(), 0, 'study.text.split');
const [test, rest] = [mails.slice(0, TEST), mails.slice(TEST)];
const vocabulary = new text.Vocabulary(
  rest.map(({ words }) => words),
  WORDS,
);
const network = { words: vocabulary.size, length: LENGTH, embedding: 32, units: 32, classes: CLASSES.length };
const numbersOf = (some: readonly Mail[]) => some.map(({ words }) => vocabulary.numbersOf(words, LENGTH));
const labelsOf = (some: readonly Mail[]) => Int32Array.from(some, ({ isSpam }) => Number(isSpam));
const engine = await createEngine({ engine: 'compiled:cpu', threads: 1 });
const { frequencies } = vocabulary;

/** Share of the test texts that are classified wrong. */
async function errorOf(method: Method, seed: number): Promise<number> {
  const pool = shuffled(rest, seed, 'study.text.labelled');
  const labelled = pool.slice(0, LABELLED);
  const weights = await text.trainText({
    engine,
    network,
    frequencies,
    labelled: { numbers: numbersOf(labelled), labels: labelsOf(labelled) },
    unlabelled: numbersOf(pool.slice(LABELLED)),
    perturbation: METHODS[method],
    epsilon: EPSILON,
    xi: 0.1,
    steps,
    batchSize: BATCH,
    learningRate: 0.002,
    dropout: 0.5,
    seed,
  });
  const { data } = await text.predictText(engine, network, frequencies, weights, numbersOf(test));
  const error = test.filter(({ isSpam }, i) => data[2 * i + 1]! > data[2 * i]! !== isSpam).length / test.length;
  console.log(`${method}, seed ${seed}: ${error.toFixed(4)}`);
  return error;
}

const errors = Object.fromEntries(Object.keys(METHODS).map((method) => [method, []])) as unknown as Record<Method, number[]>;
for (const seed of seeds) for (const method of Object.keys(METHODS) as Method[]) errors[method].push(await errorOf(method, seed));
await engine.dispose();

const fewer = (first: Method, second: Method) => errors[first].map((error, i) => error - errors[second][i]!);
const verdict = (statement: string, first: Method, second: Method, paper: string) =>
  above({ statement, quantity: `Test error of ${first} less that of ${second}`, paper, values: fewer(first, second) });
const verdicts = [
  verdict('Adversarial training lowers the test error', 'baseline', 'adversarial training', 'IMDB: 7.4 % → 6.2 % (≈)'),
  verdict('Virtual adversarial training lowers the test error', 'baseline', 'virtual adversarial training', 'IMDB: 7.4 % → 5.9 % (≈)'),
  verdict(
    'A virtual adversarial perturbation does more than a random one of the same length',
    'random perturbation',
    'virtual adversarial training',
    'IMDB: 6.8 % → 5.9 % (≈)',
  ),
];
const spam = test.filter(({ isSpam }) => isSpam).length;
const about = `# Adversarial training on texts

Miyato, Dai & Goodfellow ([arXiv 1605.07725](https://arxiv.org/abs/1605.07725)) train an LSTM on texts whose embedded words are moved by a perturbation of L2 length ε = 5: up the loss of the
label (adversarial), or to where the prediction changes most, which needs no labels (virtual adversarial). Both lowered the test error on reviews of films. Here texts are the bodies of e-mails of the
SpamAssassin public corpus, which are legitimate or spam. Written by \`npm run study:text\`, on ${engine.description.label}, ${processorName()}, beside other work, in ${((performance.now() - start) / 60_000).toFixed(0)} minutes.

${mails.length} e-mails that differ in their first ${LENGTH} words, of which these words are read; ${test.length} of them, the same for all, are tested on, ${spam} of these spam. Each of ${seeds.length} seeds draws ${LABELLED} others with their labels and first
weights; the remaining ${rest.length - LABELLED} are without labels. ${steps} steps of ${BATCH} labelled and, for virtual adversarial and random perturbations, ${BATCH} texts without labels. Embeddings of ${network.embedding} numbers, normalised by the
frequencies of the ${network.words} words, half of the numbers dropped in training; ${network.units} units. ε is the paper's, and more of a text here, whose
${LENGTH} × ${network.embedding} numbers of variance 1 have a length of about ${Math.sqrt(LENGTH * network.embedding).toFixed(0)}; no parameter was chosen by test errors. The paper's networks are larger, read 400 words, and begin as
language models, which these do not: figures are not comparable, directions are. Figures of the paper are approximate, and no verdict depends on them.

${markdownTable(
  ['statement', 'verdict', 'here', 'paper'],
  verdicts.map(({ statement, outcome, estimate, paper }) => [statement, `**${OUTCOMES[outcome]}**`, estimateText(estimate), paper]),
)}

Criteria, in the order of the statements:

${verdicts.map(({ criterion }, i) => `${i + 1}. ${criterion}`).join('\n')}

${tableMarkdown({
  title: 'Test error, as a share',
  columns: ['training', 'mean over seeds, 95 % interval', ...seeds.map((seed) => `seed ${seed}`)],
  rows: (Object.keys(METHODS) as Method[]).map((method) => ({
    label: method,
    cells: [studentInterval(errors[method]), ...errors[method].map((error) => studentInterval([error]))],
  })),
})}
`;
await writeFile(values.out, await format(about, { parser: 'markdown', ...(await resolveConfig(values.out)) }));
