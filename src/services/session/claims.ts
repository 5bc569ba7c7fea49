/** Who a person is, and what the person may do, by what an OpenID Connect provider says. @module */
import { DomainError } from '../../errors.js';
import type { Role } from '../../storage/generated/client.js';
import type { Principal } from '../token/principal.js';

export interface ClaimRules {
  readonly nameClaim: string;
  /** A path, such as `realm_access.roles`. */
  readonly roleClaim: string;
  /** Values of the claim of roles. */
  readonly admins: readonly string[];
  readonly submitters: readonly string[];
  readonly defaultRole: Role | 'none';
}

type Claims = Readonly<Record<string, unknown>>;

/** @throws DomainError FORBIDDEN for a person who has no role here, or no name. */
export function principalOfClaims(claims: Claims, { nameClaim, roleClaim, admins, submitters, defaultRole }: ClaimRules): Principal {
  const name = claims[nameClaim];
  if (typeof name !== 'string' || name === '')
    throw new DomainError(
      'FORBIDDEN',
      `The provider does not say your "${nameClaim}". Ask an admin to set GAUNTLET_OIDC_NAME_CLAIM or GAUNTLET_OIDC_SCOPE.`,
    );
  if (nameClaim === 'email' && claims['email_verified'] === false)
    throw new DomainError('FORBIDDEN', 'The provider has not verified your e-mail address. Verify it there, and sign in again.');
  const values = [claimAt(claims, roleClaim)].flat().filter((value) => typeof value === 'string');
  const isAmong = (names: readonly string[]) => values.some((value) => names.includes(value));
  const role = isAmong(admins) ? 'ADMIN' : isAmong(submitters) ? 'SUBMITTER' : defaultRole;
  if (role === 'none')
    throw new DomainError(
      'FORBIDDEN',
      `"${name}" has no role on this server. Ask an admin to name one of your groups in GAUNTLET_OIDC_SUBMITTERS.`,
    );
  // Names of principals have no "@".
  return { name: name.replace(/^([^@]+)@([^@]+)$/, '$1 ($2)'), role };
}

/** The claim itself, or where its name is a path, what it leads to. */
function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  return path
    .split('.')
    .reduce<unknown>((value, part) => (typeof value === 'object' && value !== null ? (value as Claims)[part] : undefined), claims);
}
