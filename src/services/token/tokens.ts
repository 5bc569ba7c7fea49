/** Tokens: made, revoked, and told apart. @module */
import { createHash, randomBytes } from 'node:crypto';
import { DomainError } from '../../errors.js';
import type { DatabaseClient, Transaction } from '../../storage/database.js';
import type { Role, Token } from '../../storage/generated/client.js';
import { recordAudit } from '../audit/audit.js';
import { checkName, lookAlike } from '../names.js';
import { LOCAL, SERVER, type Principal } from './principal.js';

export interface TokenRequest {
  /** Tokens of one name are one principal: a second token of a name takes the place of the first without moving what it owns. */
  readonly name: string;
  readonly role: Role;
  readonly expiresAt?: Date;
}

export interface CreatedToken {
  readonly token: Token;
  /** Shown once: the database has only its hash. */
  readonly secret: string;
}

const LAST_USE_RESOLUTION_MS = 60_000;

/** Any number that no other lock of ours has. */
const FIRST_TOKEN_LOCK = 7_201_951;

/** A secret has 256 random bits: they cannot be enumerated, so a slow hash would only cost the server time. */
const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex');

/** Whether it lets in: it is neither revoked nor expired. */
export const isUsable = ({ revokedAt, expiresAt }: Pick<Token, 'revokedAt' | 'expiresAt'>) =>
  !revokedAt && (!expiresAt || expiresAt.getTime() > Date.now());

/** The token of such a header; undefined: there is none to look up. */
export const secretOf = (authorization: unknown): string | undefined =>
  typeof authorization === 'string' ? /^Bearer +(\S{1,200})$/i.exec(authorization)?.[1] : undefined;

export class TokenService {
  /** @param required false: every client is an admin. */
  constructor(
    private readonly prisma: DatabaseClient,
    private readonly required: boolean,
  ) {}

  /** @param authorization the header, or its equivalent in a WebSocket's first message. @throws DomainError UNAUTHENTICATED */
  async authenticate(authorization: unknown): Promise<Principal> {
    if (!this.required) return LOCAL;
    const secret = secretOf(authorization);
    if (!secret) throw new DomainError('UNAUTHENTICATED', 'Send `Authorization: Bearer <token>`. Admins create tokens with `createToken`.');
    const token = await this.find(secret);
    return token ? { name: token.name, role: token.role } : LOCAL;
  }

  /** The token of a secret; undefined where no tokens are required. @throws DomainError UNAUTHENTICATED */
  async find(secret: string): Promise<Token | undefined> {
    if (!this.required) return undefined;
    const token = await this.prisma.token.findUnique({ where: { hash: hashOf(secret) } });
    if (!token || !isUsable(token)) {
      throw new DomainError('UNAUTHENTICATED', 'The token is unknown, revoked or expired. Ask an admin for a new one.');
    }
    const now = Date.now();
    if (!token.lastUsedAt || token.lastUsedAt.getTime() <= now - LAST_USE_RESOLUTION_MS) {
      await this.prisma.token.update({ where: { id: token.id }, data: { lastUsedAt: new Date(now) } });
    }
    return token;
  }

  /** @param by who makes it. */
  async create(request: TokenRequest, by = SERVER): Promise<CreatedToken> {
    const name = checkName(request.name);
    if (name === SERVER.name)
      throw new DomainError(
        'VALIDATION',
        `"${SERVER.name}" is the name of the server itself, which owns the built-in data sets and models. Choose another name.`,
        ['name'],
      );
    if (request.expiresAt && request.expiresAt.getTime() <= Date.now())
      throw new DomainError('VALIDATION', 'expiresAt must lie in the future.', ['expiresAt']);
    const others = await this.prisma.token.findMany({ select: { name: true }, distinct: ['name'] });
    const other = lookAlike(name, [SERVER.name, ...others.map((token) => token.name)]);
    if (other !== undefined)
      throw new DomainError('VALIDATION', `"${name}" looks like "${other}", and is another. Choose a name that nobody takes for it.`, [
        'name',
      ]);
    return this.prisma.$transaction((tx) => createToken(tx, { ...request, name }, by));
  }

  /** The next request with it is refused. @param by who revokes it. */
  async revoke(id: string | undefined, by = SERVER): Promise<Token> {
    const token = id && (await this.prisma.token.findUnique({ where: { id } }));
    if (!token) throw new DomainError('NOT_FOUND', 'There is no token with this id.', ['tokenId']);
    if (token.revokedAt) return token;
    return this.prisma.$transaction(async (tx) => {
      await recordAudit(tx, by, 'TOKEN_REVOKED', { type: 'Token', ...token });
      return tx.token.update({ where: { id: token.id }, data: { revokedAt: new Date() } });
    });
  }

  /** Makes an admin's token where there has never been one. @returns its secret, undefined where there is one or none is needed. */
  async first(): Promise<string | undefined> {
    if (!this.required) return undefined;
    return this.prisma.$transaction(async (tx) => {
      // Of servers that start together, one makes it.
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(${FIRST_TOKEN_LOCK})`;
      if ((await tx.token.count({ where: { role: 'ADMIN' } })) > 0) return undefined;
      return (await createToken(tx, { name: 'admin', role: 'ADMIN' }, SERVER)).secret;
    });
  }
}

async function createToken(tx: Transaction, { name, role, expiresAt }: TokenRequest, by: Principal): Promise<CreatedToken> {
  const secret = `gauntlet_${randomBytes(32).toString('base64url')}`;
  const token = await tx.token.create({ data: { name, role, expiresAt, hash: hashOf(secret) } });
  await recordAudit(tx, by, 'TOKEN_CREATED', { type: 'Token', ...token }, { role });
  return { token, secret };
}
