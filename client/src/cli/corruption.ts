/** `gauntlet corruption`: models under common corruptions, and what that says beside adversarial images. @module */
import { type Command, Option } from 'commander';
import { GauntletError } from '../errors.js';
import { CorruptionSummaryDocument, type AttackInput, type CorruptionKind, type EstimatePartsFragment } from '../generated.js';
import { withServer } from './connection.js';
import { percent, printJson, printTable, short } from './output.js';
import { datasetId, modelIds, modelTitle } from './request.js';
import { list, wholeNumber } from './values.js';
import { evaluationJob, watch } from './watch.js';

/** Those of Hendrycks and Dietterich 2019, over which the mean corruption error is taken. */
const COMMON: readonly CorruptionKind[] = [
  'GAUSSIAN_NOISE',
  'SHOT_NOISE',
  'IMPULSE_NOISE',
  'DEFOCUS_BLUR',
  'GLASS_BLUR',
  'MOTION_BLUR',
  'ZOOM_BLUR',
  'SNOW',
  'FROST',
  'FOG',
  'BRIGHTNESS',
  'CONTRAST',
  'ELASTIC_TRANSFORM',
  'PIXELATE',
  'JPEG_COMPRESSION',
];

interface CorruptionOptions {
  readonly dataset: string;
  readonly kinds?: readonly string[];
  readonly severities: readonly string[];
  readonly baseline?: string;
  readonly samples?: number;
  readonly offset: number;
}

export function addCorruption(program: Command): void {
  program
    .command('corruption')
    .description('measure models under noise, blur, weather and compression, as in CIFAR-10-C and ImageNet-C')
    .argument('<models...>', 'names or ids')
    .requiredOption('--dataset <name>', 'name or id of the data set')
    .option('--kinds <names>', 'corruptions with commas between them, such as fog,pixelate (default: the 15 of the paper)', list)
    .addOption(
      new Option('--severities <list>', 'from 1 to 5, with commas between them')
        .argParser(list)
        .default(['1', '2', '3', '4', '5'], '1,2,3,4,5'),
    )
    .option('--baseline <model>', 'name or id of a model by whose errors those of the others are divided')
    .option('--samples <n>', 'number of examples', wholeNumber)
    .option('--offset <n>', 'first example', wholeNumber, 0)
    .action(async (models: string[], options: CorruptionOptions, command: Command) => {
      await withServer(command, async ({ gauntlet, json }) => {
        const dataset = await datasetId(gauntlet, options.dataset);
        const [ids, baseline] = await Promise.all([
          modelIds(gauntlet, models),
          options.baseline === undefined ? [] : modelIds(gauntlet, [options.baseline]),
        ]);
        const { samples: sampleCount, offset } = options;
        const started = await gauntlet.startEvaluation({
          modelIds: [...new Set([...ids, ...baseline])],
          datasetId: dataset,
          attacks: attacksOf(options),
          sampleCount,
          offset,
        });
        await watch(gauntlet, started.map(evaluationJob));
        const input = { modelIds: ids, datasetId: dataset, baselineModelId: baseline[0], sampleCount: started[0]!.sampleCount, offset };
        const { corruptionSummary } = await gauntlet.request(CorruptionSummaryDocument, { input });
        if (json) return printJson(corruptionSummary);
        printTable(
          ['model', 'n', 'clean', 'corrupted', 'mCE', 'relative mCE'],
          corruptionSummary.models.map(({ model, clean, corrupted, meanCorruptionError, relativeMeanCorruptionError }) => [
            modelTitle(model),
            String(clean.n),
            percent(clean),
            estimate(corrupted),
            short(meanCorruptionError?.value),
            short(relativeMeanCorruptionError?.value),
          ]),
        );
        printTable(
          ['model', 'corruption', 'by severity', 'accuracy', 'CE'],
          corruptionSummary.models.flatMap(({ model, corruptions }) =>
            corruptions.map(({ kind, accuracy, severities, corruptionError }) => [
              modelTitle(model),
              kind,
              severities.map((at) => `${at.severity}: ${percent(at.accuracy)}`).join('  '),
              estimate(accuracy),
              short(corruptionError?.value),
            ]),
          ),
        );
        for (const { model, missing } of corruptionSummary.models)
          if (missing.length > 0)
            console.log(`${modelTitle(model)}: no mean over all corruptions; without five severities: ${missing.join(', ')}`);
      });
    });
}

/** Of a mean of several accuracies. */
function estimate(mean: EstimatePartsFragment | null): string {
  if (mean === null || mean.value === null) return '–';
  return `${(100 * mean.value).toFixed(1)} %`;
}

/** Each corruption at each severity. */
function attacksOf({ kinds, severities }: CorruptionOptions): AttackInput[] {
  const levels = severities.map((text) => {
    const severity = Number(text);
    if (!Number.isInteger(severity) || severity < 1 || severity > 5)
      throw new GauntletError('INVALID_ARGUMENT', `"${text}" is no severity: give whole numbers from 1 to 5.`);
    return severity;
  });
  const names = kinds?.map((name) => name.toUpperCase().replaceAll('-', '_') as CorruptionKind) ?? COMMON;
  return names.flatMap((kind) => levels.map((severity) => ({ corruption: { kind, severity, scale: 'AUTO' as const } })));
}
