/** What people should know of a model that its file does not say. @module */
import { parse, stringify } from 'yaml';
import { z } from 'zod';

const text = (most: number) => z.string().trim().max(most, `has ${most} characters at most`);
const line = text(500).optional();

/** Every field may be absent. */
export const modelCardSchema = z.strictObject({
  paper: line,
  authors: line,
  venue: line,
  /** `http` or `https`. */
  link: z
    .url({ protocol: /^https?$/, error: 'is no address that begins with http:// or https://' })
    .max(2000)
    .optional(),
  licence: line,
  architecture: line,
  trainingData: line,
  /** Whether it saw data beside the training set of its task. */
  extraData: z.boolean().optional(),
  preparation: line,
  intendedUse: text(2000).optional(),
  date: z.iso.date('is no date such as 2026-11-30').optional(),
  /** Markdown. */
  readme: text(50_000).optional(),
});

export type ModelCardFields = z.infer<typeof modelCardSchema>;

type Field = keyof ModelCardFields;

const FIELDS = Object.keys(modelCardSchema.shape) as Field[];

/** Other names of fields, in small letters: of ONNX's standard metadata, and of Hugging Face's cards. */
const OTHER_NAMES: Readonly<Record<string, Field>> = {
  author: 'authors',
  model_author: 'authors',
  license: 'licence',
  model_license: 'licence',
  datasets: 'trainingData',
  dataset: 'trainingData',
  url: 'link',
  homepage: 'link',
};

const BY_NAME = new Map<string, Field>([...Object.entries(OTHER_NAMES), ...FIELDS.map((field) => [field.toLowerCase(), field] as const)]);

/** @param values by any of a field's names. What a card has no field for, or cannot hold, is left out: a file need not follow our rules. */
export function cardOfValues(values: Readonly<Record<string, unknown>>): ModelCardFields {
  const card: Partial<Record<Field, unknown>> = {};
  for (const [name, value] of Object.entries(values)) {
    const field = BY_NAME.get(name.toLowerCase());
    if (field === undefined || value === null || value === undefined || value === '') continue;
    const { success, data } = modelCardSchema.shape[field].safeParse(shown(field, value));
    if (success) card[field] = data;
  }
  return card as ModelCardFields;
}

function shown(field: Field, value: unknown): unknown {
  if (field === 'extraData') return typeof value === 'string' ? ({ true: true, false: false } as Record<string, boolean>)[value] : value;
  return Array.isArray(value) ? value.join(', ') : String(value);
}

/** A card as a README with YAML front matter (huggingface.co/docs/hub/model-cards): its fields, then the text. Front matter that cannot be read is left out. */
export function cardOfReadme(readme: string): ModelCardFields {
  const [, matter = '', body = readme] = /^\uFEFF?---\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|$)(.*)$/s.exec(readme) ?? [];
  return cardOfValues({ ...frontMatter(matter), readme: body.trim() });
}

function frontMatter(matter: string): object {
  try {
    const values: unknown = parse(matter);
    return typeof values === 'object' && values !== null && !Array.isArray(values) ? values : {};
  } catch {
    return {};
  }
}

/** What {@link cardOfReadme} reads back. */
export function readmeOfCard({ readme, ...fields }: ModelCardFields): string {
  const matter = Object.keys(fields).length > 0 ? `---\n${stringify(fields)}---\n` : '';
  return readme === undefined ? matter : `${matter}\n${readme}\n`;
}

/** A card as metadata of a file, whose values are texts; its text apart. */
export function metadataOfCard({ readme: _readme, ...fields }: ModelCardFields): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, String(value)]));
}
