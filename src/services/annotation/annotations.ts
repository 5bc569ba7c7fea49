/** Tags and notes: what owners keep order by among many things. Everyone who sees a thing sees them and can filter by them. @module */
import { DomainError } from '../../errors.js';
import type { JobEnvironment } from '../../jobs/types.js';
import type { DatabaseClient } from '../../storage/database.js';
import type { Dataset, Model, Study } from '../../storage/generated/client.js';
import type { EvaluationRow } from '../../storage/evaluation-row.js';
import { visibleClient } from '../access/visibility.js';
import { checkMayChange, type Principal } from '../token/principal.js';

/** What is undefined stays. */
export interface AnnotationChanges {
  readonly tags?: readonly string[];
  readonly note?: string;
}

interface Data {
  readonly tags?: string[];
  readonly note?: string | null;
}

/** A row that has tags and a note, with its type. */
export type AnnotatedRow =
  | { readonly type: 'Model'; readonly row: Model }
  | { readonly type: 'Dataset'; readonly row: Dataset }
  | { readonly type: 'Evaluation'; readonly row: EvaluationRow }
  | { readonly type: 'Study'; readonly row: Study };

export type AnnotatedType = AnnotatedRow['type'];

interface Kind {
  /** As messages call it. */
  readonly title: string;
  /** @returns undefined where there is none. */
  owner(prisma: DatabaseClient, id: string): Promise<string | undefined>;
  change(prisma: DatabaseClient, id: string, data: Data): Promise<AnnotatedRow>;
}

const OWNER = { select: { owner: true } } as const;

const KINDS: Readonly<Record<AnnotatedType, Kind>> = {
  Model: {
    title: 'model',
    owner: async ({ model }, id) => (await model.findUnique({ where: { id }, ...OWNER }))?.owner,
    change: async ({ model }, id, data) => ({ type: 'Model', row: await model.update({ where: { id }, data }) }),
  },
  Dataset: {
    title: 'data set',
    owner: async ({ dataset }, id) => (await dataset.findUnique({ where: { id }, ...OWNER }))?.owner,
    change: async ({ dataset }, id, data) => ({ type: 'Dataset', row: await dataset.update({ where: { id }, data }) }),
  },
  Evaluation: {
    title: 'evaluation',
    owner: async ({ evaluation }, id) => (await evaluation.findUnique({ where: { id }, select: { job: OWNER } }))?.job.owner,
    change: async ({ evaluation }, id, data) => ({ type: 'Evaluation', row: await evaluation.update({ where: { id }, data }) }),
  },
  Study: {
    title: 'study',
    owner: async ({ study }, id) => (await study.findUnique({ where: { id }, ...OWNER }))?.owner,
    change: async ({ study }, id, data) => ({ type: 'Study', row: await study.update({ where: { id }, data }) }),
  },
};

export const annotatedTypes = Object.keys(KINDS) as readonly AnnotatedType[];

export class AnnotationService {
  constructor(private readonly environment: JobEnvironment) {}

  /** Changes tags or note of something of the principal's. @throws DomainError VALIDATION, NOT_FOUND, FORBIDDEN */
  async annotate(principal: Principal, type: AnnotatedType | undefined, id: string | undefined, changes: AnnotationChanges) {
    const { prisma } = this.environment;
    const kind = type && KINDS[type];
    const owner = kind && id !== undefined ? await kind.owner(visibleClient(prisma, principal), id) : undefined;
    if (!kind || id === undefined || owner === undefined)
      throw new DomainError('NOT_FOUND', 'There is no model, data set, evaluation or study with this id.', ['id']);
    checkMayChange(principal, { owner }, kind.title, ['id']);
    const tags = changes.tags && checkTags(changes.tags);
    const note = changes.note === undefined ? undefined : checkNote(changes.note);
    return kind.change(prisma, id, { tags, note });
  }
}

const TAG = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N} ._\-+:/=#]{0,38}[\p{L}\p{M}\p{N}+#])?$/u;

const MOST_TAGS = 20;
const MOST_CHARACTERS = 2000;

/** As tags are kept and looked for: in lower case, ways to write one character are one (NFKC), and so are spaces in a row. */
export const normalTag = (tag: string): string => tag.normalize('NFKC').trim().replaceAll(/\s+/g, ' ').toLowerCase().normalize('NFKC');

/** @returns them as they are kept, each once. @throws DomainError VALIDATION saying what is allowed. */
function checkTags(asked: readonly string[]): string[] {
  const tags = [...new Set(asked.map(normalTag))].sort();
  for (const [i, tag] of asked.entries()) {
    if (!TAG.test(normalTag(tag))) {
      const message = 'A tag has 1 to 40 letters, digits, spaces and . _ - + : / = #; it begins with a letter or digit.';
      throw new DomainError('VALIDATION', message, ['tags', String(i)]);
    }
  }
  if (tags.length > MOST_TAGS) throw new DomainError('VALIDATION', `Give ${MOST_TAGS} tags at most, not ${tags.length}.`, ['tags']);
  return tags;
}

/**
 * Notes keep what compatibility forms mean (10⁻³ is not 10-3), so they are normalised by NFC.
 * @returns null for a note of spaces alone. @throws DomainError VALIDATION
 */
function checkNote(asked: string): string | null {
  const note = asked.normalize('NFC').replaceAll('\r\n', '\n').trim();
  if (note.length > MOST_CHARACTERS) throw new DomainError('VALIDATION', `A note has ${MOST_CHARACTERS} characters at most.`, ['note']);
  if (/[^\P{Cc}\n\t]/u.test(note))
    throw new DomainError('VALIDATION', 'A note has no control characters but line ends and tabs.', ['note']);
  return note === '' ? null : note;
}

/** The filter by tags, as a Prisma condition: all of them. */
export const hasTags = (tags: readonly string[] | undefined) => tags && { hasEvery: tags.map(normalTag) };
