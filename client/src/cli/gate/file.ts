/** The file of a gate: models, attacks on them, and bounds. `python -m gauntlet.gate` reads the same. @module */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { GauntletError } from '../../errors.js';

const share = z.number().min(0).max(1);

const modelFile = z.strictObject({
  /** Submitted, unless it was before, with these settings: its name ends in a hash of both. */
  file: z.string(),
  /** What its name begins with. Default: that of the file. */
  name: z.string().optional(),
  inputShape: z.array(z.number()).optional(),
  classes: z.number().optional(),
  valueRange: z.array(z.number()).length(2).optional(),
  mean: z.array(z.number()).optional(),
  std: z.array(z.number()).optional(),
  access: z.enum(['GRADIENT', 'SCORE', 'DECISION']).optional(),
});

const model = z.union([z.string(), modelFile], { error: 'Give the name of a model, or a map with its file and settings' });

const ONE_ATTACK = 'Give one attack: its name, or its name with parameters, such as `pgd: {steps: 40}`';

const attack = z
  .record(z.string(), z.record(z.string(), z.unknown()).nullable())
  .refine((one) => Object.keys(one).length === 1, { message: ONE_ATTACK });

const bounds = z
  .strictObject({
    /** Smallest accuracy on the original images. */
    cleanAccuracy: share,
    /** Smallest accuracy under each attack: one for all budgets, or one for each. */
    robustAccuracy: z.union([share, z.record(z.string(), share)], { error: 'Give a share from 0 to 1, or a map of one for each budget' }),
    /** Smallest share of images that are right under every attack of all budgets together. */
    worstCase: share,
    /** Worse than the baseline on the same images. */
    fall: z.strictObject({
      /** Largest fall of accuracy, as a share, that passes however sure it is. */
      largest: share.default(0),
      /** p of McNemar's test, adjusted by Holm for the attacks and budgets of the gate, from which on a fall is taken for chance. */
      significance: z.number().gt(0).lt(1).default(0.05),
    }),
    /** Severity from which on a finding fails, or codes of those that do. */
    findings: z.union([z.enum(['INFO', 'WARNING', 'ERROR']), z.array(z.string())], {
      error: 'Give INFO, WARNING or ERROR, or a list of codes',
    }),
  })
  .partial()
  .refine((given) => Object.keys(given).length > 0, {
    message: 'A gate without bounds passes always: give robustAccuracy, worstCase, cleanAccuracy, fall or findings',
  });

const gate = z
  .strictObject({
    dataset: z.string(),
    models: z.array(model).min(1),
    baseline: model.nullish(),
    attacks: z.array(z.union([z.string(), attack], { error: ONE_ATTACK })).min(1),
    epsilons: z.array(z.union([z.number(), z.string()])).default([]),
    samples: z.number().int().positive().optional(),
    offset: z.number().int().nonnegative().default(0),
    seed: z.number().int().default(0),
    judging: z.enum(['STORED', 'FLOAT']).optional(),
    bounds,
  })
  .refine(({ bounds, baseline }) => !bounds.fall || baseline, {
    path: ['baseline'],
    message: 'A bound on the fall needs a baseline: the model to compare with',
  });

export type Gate = z.infer<typeof gate>;
export type GateModel = z.infer<typeof model>;

const MISSING = 'This is not there, and a gate needs it';

/** @throws GauntletError NO_FILE or INVALID_ARGUMENT, with the path of what is wrong. */
export async function readGate(path: string): Promise<Gate> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new GauntletError('NO_FILE', `There is no file ${path}.`);
  });
  const { data, error } = gate.safeParse(contentOf(path, text), { error: ({ input }) => (input === undefined ? MISSING : undefined) });
  if (data) return data;
  const [issue] = error.issues;
  throw new GauntletError('INVALID_ARGUMENT', `${issue!.path.join('.') || path}: ${issue!.message}.`);
}

function contentOf(path: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    // Of an alias without an anchor it is no YAMLParseError.
    throw new GauntletError('INVALID_ARGUMENT', `${path} is no YAML: ${(error as Error).message}`);
  }
}
