/** Who asks. @module */
import { DomainError } from '../../errors.js';
import type { Role } from '../../storage/generated/client.js';

export interface Principal {
  /** Name of its tokens, and the owner of the rows that it makes. */
  readonly name: string;
  readonly role: Role;
}

/** Owner of what comes with the server. No token has its name. */
export const SERVER: Principal = { name: 'server', role: 'ADMIN' };

/** Who asks where no tokens are asked for. */
export const LOCAL: Principal = { name: 'local', role: 'ADMIN' };

/** Who asks without a token where public results are shown to everyone: no name of a token is in parentheses alone. */
export const PUBLIC: Principal = { name: '(public)', role: 'VIEWER' };

/** Whether it may change or delete what this row is: owners their own, admins everything. */
function mayChange({ name, role }: Principal, row: { readonly owner: string }): boolean {
  return role === 'ADMIN' || row.owner === name;
}

/** @throws DomainError FORBIDDEN for a row that the principal sees and does not own. @param what the row, as the message calls it. */
export function checkMayChange(principal: Principal, row: { readonly owner: string }, what: string, path: string[]): void {
  if (mayChange(principal, row)) return;
  throw new DomainError('FORBIDDEN', `The ${what} is not yours. Ask its owner or an admin.`, path);
}
