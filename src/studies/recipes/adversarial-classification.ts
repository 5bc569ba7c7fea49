/** Naive Bayes against an adversary that pays for changes of features (Dalvi, Domingos, Mausam, Sanghai & Verma 2004). @module */
import type { GamePlan, GameResult, Played } from '../../compute/adversarial-classification/index.js';
import { studentInterval } from '../../compute/statistics/index.js';
import { fittedTo, SMALL_IMAGES } from '../classifiers.js';
import { seedsOf } from '../grid.js';
import type { Recipe, Settings } from '../types.js';
import { above } from '../verdicts.js';

const GRID = 7;
const CELLS = Array.from({ length: GRID ** 2 }, (_, cell) => [Math.floor(cell / GRID), cell % GRID] as const);

/** Cells off the border cost more. */
const costOfCell = ([row, column]: readonly [number, number]) => 1 + Math.min(row, column, GRID - 1 - row, GRID - 1 - column) / 2;

/** Who may change what, as the paper's adversaries add words, or also take some away. */
const COSTS: Readonly<Record<string, GamePlan['costs']>> = {
  'cells can be lit, for 1 each': CELLS.map(() => ({ raise: 1, lower: null })),
  'cells can be lit and darkened, for 1 each': CELLS.map(() => ({ raise: 1, lower: 1 })),
  'cells can be lit and darkened, inner ones for more': CELLS.map((cell) => ({ raise: costOfCell(cell), lower: costOfCell(cell) })),
};

/** What it costs to call an innocent example malicious. */
const ACCUSED = [-1, -10];

const gameKey = (costs: string, accused: number, seed: number) => `${costs}; U(+, -) = ${accused}; seed ${seed}`;
const gameOf = (costs: string, accused: number, settings: Settings, seed: number): GamePlan => ({
  features: { grid: GRID, thresholds: [0.25], malicious: [0], innocent: [1] },
  smoothing: 1,
  classifier: { maliciousFound: 1, maliciousMissed: -1, innocentPassed: 1, innocentAccused: accused },
  // It pays for five changes at most.
  adversary: { missed: 4, found: -1 },
  costs: COSTS[costs]!,
  trainingCount: 10 * fittedTo(settings),
  testCount: 5 * settings.sampleCount,
  seed,
});

const cases = Object.keys(COSTS).flatMap((costs) => ACCUSED.map((accused) => ({ costs, accused })));

export const adversarialClassification: Recipe = {
  name: 'adversarial-classification',
  title: 'Naive Bayes against an adversary that pays for changes',
  claim:
    'An adversary that changes what it sends at the least cost makes naive Bayes worth much less, and a classifier that expects this gets back most of that (Dalvi et al. 2004).',
  criteria: `Expected utilities of both sides on test images of the data set's first class, the malicious one, and its second, as ${GRID} x ${GRID} cells that are lit or dark. The paper has words of e-mail. Each seed fits naive Bayes to another half of the training images. The adversary's changes are of least cost exactly, and the reply is exact, given naive Bayes; the paper's algorithms are approximate.`,
  version: 1,
  scales: SMALL_IMAGES,

  plan: (settings) =>
    cases.flatMap(({ costs, accused }) =>
      seedsOf(settings).map((seed) => ({
        kind: 'game' as const,
        key: gameKey(costs, accused, seed),
        plan: gameOf(costs, accused, settings, seed),
      })),
    ),

  report(outcomes, settings) {
    const games = (costs: string, accused: number) => seedsOf(settings).map((seed) => outcomes.game(gameKey(costs, accused, seed)));
    const columns = ['costs, U(+, -)', 'naive Bayes, no adversary', 'naive Bayes', 'the reply'];
    const table = (title: string, of: (played: Played, game: GameResult) => number) => ({
      title,
      columns,
      rows: cases.map(({ costs, accused }) => ({
        label: `${costs}, ${accused}`,
        cells: (['unattacked', 'attacked', 'aware'] as const).map((who) =>
          studentInterval(games(costs, accused).map((game) => of(game[who], game))),
        ),
      })),
    });
    const utility = (who: 'unattacked' | 'attacked' | 'aware') => (game: GameResult) => game[who].classifier;
    return {
      tables: [
        table("The classifier's expected utility", ({ classifier }) => classifier),
        table("The adversary's expected utility", ({ adversary }) => adversary),
        table('Malicious examples that are missed, as a share', ({ falseNegatives }, { malicious }) => falseNegatives / malicious),
        table('Innocent examples that are called malicious, as a share', ({ falsePositives }, { innocent }) => falsePositives / innocent),
        {
          title: 'What the adversary does',
          columns: ['costs, U(+, -)', 'share of malicious examples that it changes', 'mean cost of a change'],
          rows: cases.map(({ costs, accused }) => ({
            label: `${costs}, ${accused}`,
            cells: [
              studentInterval(games(costs, accused).map(({ changed, malicious }) => changed / malicious)),
              studentInterval(games(costs, accused).map(({ changed, cost }) => (changed === 0 ? 0 : cost / changed))),
            ],
          })),
        },
      ],
      plots: [],
      verdicts: cases.flatMap(({ costs, accused }) => {
        const all = games(costs, accused);
        const less = (first: (game: GameResult) => number, second: (game: GameResult) => number) =>
          all.map((game) => first(game) - second(game));
        return [
          above({
            statement: `The adversary makes naive Bayes worth less: ${costs}, U(+, -) = ${accused}`,
            quantity: 'Expected utility of naive Bayes without an adversary less that against it',
            paper: 'Utility falls in each of its scenarios.',
            values: less(utility('unattacked'), utility('attacked')),
          }),
          above({
            statement: `The reply is worth more than naive Bayes against the adversary: ${costs}, U(+, -) = ${accused}`,
            quantity: 'Expected utility of the reply less that of naive Bayes, both against the adversary',
            paper: 'The reply gets back most of what naive Bayes loses.',
            values: less(utility('aware'), utility('attacked')),
          }),
        ];
      }),
    };
  },
};
