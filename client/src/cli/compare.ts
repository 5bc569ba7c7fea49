/** `gauntlet compare` and `curve`: several models, from evaluations that were made before. @module */
import type { Command } from 'commander';
import { CompareModelsDocument, RobustnessCurveDocument } from '../generated.js';
import { withServer } from './connection.js';
import { percent, printJson, printTable, short } from './output.js';
import { attackKinds, datasetId, modelIds, modelTitle, versioned } from './request.js';
import { wholeNumber } from './values.js';

interface CompareOptions {
  readonly dataset: string;
  readonly attack?: string;
  readonly epsilon?: string;
  readonly samples?: number;
  readonly offset?: number;
}

export function addComparisons(program: Command): void {
  program
    .command('compare')
    .description("compare models in pairs on the same images: difference of accuracy, McNemar's test")
    .argument('<models...>', 'two or more names or ids; name@1 and name@2 are versions of one')
    .requiredOption('--dataset <name>', 'name or id of the data set')
    .option('--attack <name>', 'under this attack, such as pgd (default: on the original images)')
    .option('--epsilon <size>', 'with this budget, such as 8/255')
    .option('--samples <n>', 'only evaluations of this many examples', wholeNumber)
    .option('--offset <n>', 'only evaluations that begin with this example', wholeNumber)
    .action(async (models: string[], { dataset, attack, epsilon, samples, offset }: CompareOptions, command: Command) => {
      await withServer(command, async ({ gauntlet, json }) => {
        const input = {
          modelIds: await modelIds(gauntlet, models),
          datasetId: await datasetId(gauntlet, dataset),
          attackKind: attack === undefined ? undefined : (await attackKinds(gauntlet, [attack]))[0],
          epsilon,
          sampleCount: samples,
          offset,
        };
        const { compareModels } = await gauntlet.request(CompareModelsDocument, { input });
        if (json) return printJson(compareModels);
        printTable(
          ['first', 'second', 'difference', 'both right', 'only first', 'only second', 'p (McNemar)', 'p adjusted'],
          compareModels.pairs.map(({ first, second, difference, both, onlyFirst, onlySecond, pValue, adjustedPValue }) => [
            ...[first, second].map(({ name, version }) => (first.name === second.name ? `${name}@${version}` : versioned(name, version))),
            points(difference),
            ...[both, onlyFirst, onlySecond].map(String),
            short(pValue),
            short(adjustedPValue),
          ]),
        );
      });
    });
  program
    .command('curve')
    .description('show accuracy against the budget of an attack')
    .argument('<models...>', 'names or ids')
    .requiredOption('--dataset <name>', 'name or id of the data set')
    .requiredOption('--attack <name>', 'the attack, such as pgd')
    .option('--samples <n>', 'only evaluations of this many examples', wholeNumber)
    .action(async (models: string[], { dataset, attack, samples }: CompareOptions & { attack: string }, command: Command) => {
      await withServer(command, async ({ gauntlet, json }) => {
        const input = {
          modelIds: await modelIds(gauntlet, models),
          datasetId: await datasetId(gauntlet, dataset),
          attackKind: (await attackKinds(gauntlet, [attack]))[0]!,
          sampleCount: samples,
        };
        const { robustnessCurve } = await gauntlet.request(RobustnessCurveDocument, { input });
        if (json) return printJson(robustnessCurve);
        printTable(
          ['model', 'ε', 'n', 'accuracy'],
          robustnessCurve.curves.flatMap(({ model, points }) =>
            points.map(({ epsilon, top1 }) => [modelTitle(model), short(epsilon, 5), String(top1.n), percent(top1)]),
          ),
        );
      });
    });
}

/** `+3.1 [1.0, 5.2]`, in percentage points. */
function points({ value, lower, upper }: { value: number | null; lower: number; upper: number | null }): string {
  if (value === null) return '–';
  const of = (share: number) => (100 * share).toFixed(1);
  return `${value < 0 ? '' : '+'}${of(value)} [${of(lower)}, ${upper === null ? '' : of(upper)}]`;
}
