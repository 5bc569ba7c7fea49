/** Pages of the dashboard with their filters, under names: links that a principal keeps. @module */
import { DomainError } from '../../errors.js';
import { isUniqueViolation } from '../../storage/errors.js';
import type { DatabaseClient } from '../../storage/database.js';
import type { SavedView } from '../../storage/generated/client.js';
import { checkName } from '../names.js';
import type { Principal } from '../token/principal.js';

/** Of one principal. */
const MOST_VIEWS = 100;

const MOST_CHARACTERS = 4000;

export class SavedViewService {
  constructor(private readonly prisma: DatabaseClient) {}

  /** Those of the principal, by name. */
  list({ name: owner }: Principal): Promise<SavedView[]> {
    return this.prisma.savedView.findMany({ where: { owner }, orderBy: { name: 'asc' }, take: MOST_VIEWS });
  }

  /** Keeps a view; one of the same name is replaced. @throws DomainError VALIDATION, LIMIT_EXCEEDED */
  async save({ name: owner }: Principal, asked: { readonly name: string; readonly path: string }): Promise<SavedView> {
    const name = checkName(asked.name);
    const path = checkPath(asked.path);
    const count = await this.prisma.savedView.count({ where: { owner, name: { not: name } } });
    if (count >= MOST_VIEWS) throw new DomainError('LIMIT_EXCEEDED', `You have ${count} saved views, which is the limit. Delete some.`);
    const upsert = () =>
      this.prisma.savedView.upsert({ where: { owner_name: { owner, name } }, create: { owner, name, path }, update: { path } });
    // Of two that save at once, one finds the row of the other.
    return upsert().catch((error: unknown) => {
      if (isUniqueViolation(error)) return upsert();
      throw error;
    });
  }
}

/** What stays on this server, so that a saved view leads nowhere else. @throws DomainError VALIDATION */
function checkPath(path: string): string {
  const here = 'http://here.invalid';
  const url = path.startsWith('/') && path.length <= MOST_CHARACTERS && URL.canParse(path, here) ? new URL(path, here) : undefined;
  if (url?.origin === here) return `${url.pathname}${url.search}`;
  throw new DomainError(
    'VALIDATION',
    `path is a path of this server, such as /evaluations?norm=LINF, of ${MOST_CHARACTERS} characters at most.`,
    ['path'],
  );
}
