/** Looking for models, data sets, evaluations and studies by a few letters of a name, fingerprint, tag or note. @module */
import { DomainError } from '../../errors.js';
import { MAX_PAGE } from '../../page-size.js';
import type { DatabaseClient } from '../../storage/database.js';
import type { Prisma } from '../../storage/generated/client.js';
import { normalName } from '../names.js';
import type { Principal } from '../token/principal.js';
import { type AnnotatedRow, normalTag } from './annotations.js';

/** What the text was found in. What comes first counts, and is shown first. */
export const SEARCHED = ['NAME', 'FINGERPRINT', 'TAG', 'NOTE'] as const;
export type SearchedField = (typeof SEARCHED)[number];

export interface SearchMatch {
  readonly found: AnnotatedRow;
  readonly field: SearchedField;
}

const MOST_CHARACTERS = 200;

/** Fewer digits of a hash are in too many of them. */
const FINGERPRINT = /^[0-9a-f]{4,64}$/i;

/** As LIKE takes it: letters that stand for others stand for themselves. */
const literally = (text: string) => text.replaceAll(/[\\%_]/g, String.raw`\$&`);

/**
 * @param prisma finds what the principal sees. @param limit matches at most.
 * @returns names first, then fingerprints, tags and notes; of each the newest first. @throws DomainError VALIDATION
 */
export async function search(
  { prisma, principal }: { readonly prisma: DatabaseClient; readonly principal: Principal },
  asked: string,
  limit: number,
): Promise<SearchMatch[]> {
  const text = normalName(asked).trim();
  if (text === '') return [];
  if (text.length > MOST_CHARACTERS) throw new DomainError('VALIDATION', `Search for ${MOST_CHARACTERS} characters at most.`, ['text']);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE)
    throw new DomainError('VALIDATION', `first is ${limit}; give 1 to ${MAX_PAGE}.`, ['first']);
  const contained = { contains: literally(text), mode: 'insensitive' } as const;
  // Each in a line of its own, which no text that is looked for goes beyond.
  const tagsText = { contains: literally(normalTag(text)) };
  const note = { contains: literally(asked.normalize('NFC').trim()), mode: 'insensitive' } as const;
  const fingerprint = FINGERPRINT.test(text) ? { startsWith: text.toLowerCase() } : undefined;
  const { name: owner, role } = principal;
  // Of a listed model the fingerprint is its owner's.
  const shown: Prisma.ModelWhereInput = role === 'ADMIN' ? {} : { OR: [{ visibility: 'PUBLIC' }, { owner }] };

  const newest = { createdAt: 'desc' } as const;
  const page = { take: limit, orderBy: newest };
  const models = async (where: Prisma.ModelWhereInput) =>
    (await prisma.model.findMany({ where, ...page })).map((row): AnnotatedRow => ({ type: 'Model', row }));
  const datasets = async (where: Prisma.DatasetWhereInput) =>
    (await prisma.dataset.findMany({ where, ...page })).map((row): AnnotatedRow => ({ type: 'Dataset', row }));
  const studies = async (where: Prisma.StudyWhereInput) =>
    (await prisma.study.findMany({ where, ...page })).map((row): AnnotatedRow => ({ type: 'Study', row }));
  const evaluations = async (where: Prisma.EvaluationWhereInput) =>
    (await prisma.evaluation.findMany({ where, ...page })).map((row): AnnotatedRow => ({ type: 'Evaluation', row }));

  const steps: Readonly<Record<SearchedField, readonly Promise<AnnotatedRow[]>[]>> = {
    NAME: [models({ name: contained }), datasets({ name: contained }), studies({ recipe: contained })],
    FINGERPRINT: fingerprint ? [models({ fingerprint, AND: [shown] }), datasets({ fingerprint })] : [],
    TAG: [models({ tagsText }), datasets({ tagsText }), studies({ tagsText }), evaluations({ tagsText })],
    NOTE: [models({ note }), datasets({ note }), studies({ note }), evaluations({ note })],
  };
  const all = await Promise.all(SEARCHED.map(async (field) => ({ field, rows: (await Promise.all(steps[field])).flat() })));
  const matches = new Map<string, SearchMatch>();
  for (const { field, rows } of all) {
    for (const found of rows) {
      if (!matches.has(found.row.id)) matches.set(found.row.id, { found, field });
    }
  }
  return [...matches.values()].slice(0, limit);
}
