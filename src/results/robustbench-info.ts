/** An entry of a benchmark as RobustBench keeps them: `model_info/<dataset>/<threat>/<model>.json` (Croce et al. 2021, arXiv 2010.09670). @module */
import { z } from 'zod';
import { formatMagnitude, parseMagnitude } from '../compute/parameters/index.js';
import type { EntryResult } from './benchmark.js';
import type { ModelCardFields } from './model-card.js';

export interface RobustBenchSource {
  readonly name: string;
  readonly architecture: string | null;
  readonly card: ModelCardFields;
  readonly dataset: string;
  readonly norm: string;
  readonly epsilon: number;
  readonly predictions: number;
  readonly result: EntryResult;
}

const line = z.string().max(2000, 'has 2000 characters at most');
const percentage = z
  .union([z.string(), z.number()])
  .transform(Number)
  .refine((value) => value >= 0 && value <= 100, 'is a percentage, from 0 to 100');

/** A field that a file may leave out, or have as null or an empty text. */
const optional = <Type extends z.ZodType>(type: Type) =>
  z.preprocess((value) => (value === null || value === '' ? undefined : value), type.optional());

/**
 * A file of RobustBench's, of a threat model that is a ball: the fields of its `ModelInfo`, and those that only its files have. Numbers are texts there.
 * Further fields are left out.
 */
export const robustBenchSchema = z.object({
  name: line.min(1, 'is empty'),
  link: optional(line.refine((value) => /^https?:\/\//.test(value), 'is no address that begins with http:// or https://')),
  authors: optional(line),
  venue: optional(line),
  architecture: optional(line),
  additional_data: z.boolean(),
  number_forward_passes: z.int().min(1),
  dataset: line,
  /** Its own files have it in the name of their folder alone. */
  threat_model: optional(line),
  eps: z.union([z.string(), z.number()], 'is no budget such as 8/255').transform((value, context) => {
    try {
      return parseMagnitude(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: `: ${(error as Error).message}` });
      return z.NEVER;
    }
  }),
  clean_acc: percentage,
  reported: optional(percentage),
  autoattack_acc: percentage,
  external: optional(percentage),
  unreliable: optional(z.boolean()),
  footnote: optional(line),
});

/** What is read of such a file. Accuracies are percentages. */
export type RobustBenchInfo = z.infer<typeof robustBenchSchema>;

/** The lowest accuracy that anybody has found. */
export const bestKnown = ({ autoattack_acc, external }: RobustBenchInfo): number => Math.min(autoattack_acc, external ?? 100);

/** What RobustBench calls the data of a format: its `imagenet` is at 224×224. */
export const robustBenchDataset = (format: string): string => format.replace(/-224$/, '');

/** What RobustBench's files say of a network that is not measured. */
export const robustBenchModel = ({ name, architecture, card }: Pick<RobustBenchSource, 'name' | 'architecture' | 'card'>) => ({
  link: card.link,
  name: card.paper ?? name,
  authors: card.authors,
  additional_data: card.extraData ?? false,
  venue: card.venue,
  architecture: card.architecture ?? architecture ?? undefined,
});

/** AutoAttack's own stands under `autoattack_acc`; where it is not the only attack and another one finds more, that is under `external`. */
export function robustBenchInfo({ dataset, norm, epsilon, predictions, result, ...model }: RobustBenchSource): object {
  const percent = (count: number) => ((100 * count) / result.n).toFixed(2);
  const autoAttack = result.attacks.find(({ kind }) => kind.startsWith('AUTO_ATTACK'));
  const serious = result.findings.filter(({ severity }) => severity !== 'INFO');
  return {
    ...robustBenchModel(model),
    number_forward_passes: predictions,
    dataset,
    threat_model: norm === 'LINF' ? 'Linf' : norm,
    eps: formatMagnitude(epsilon),
    clean_acc: percent(result.clean),
    reported: undefined,
    autoattack_acc: autoAttack && percent(autoAttack.right),
    external: autoAttack && result.robust < autoAttack.right ? percent(result.robust) : undefined,
    unreliable: result.maskedGradients || serious.length > 0,
    footnote: [
      `${result.n} examples, run by Gauntlet ${result.version} on ${result.engine}.`,
      ...serious.map(({ code, message }) => `${code}: ${message}`),
    ].join(' '),
  };
}
