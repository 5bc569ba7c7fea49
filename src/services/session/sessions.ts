/** Sessions of browsers: each was opened with a token, and ends with it. @module */
import { createHash, randomBytes } from 'node:crypto';
import { DomainError } from '../../errors.js';
import type { DatabaseClient } from '../../storage/database.js';
import { recordAudit } from '../audit/audit.js';
import { LOCAL, type Principal } from '../token/principal.js';
import { isUsable, type TokenService } from '../token/tokens.js';

export interface OpenedSession {
  readonly principal: Principal;
  /** What the browser keeps; undefined where no tokens are required. The database has only its hash. */
  readonly secret: string | undefined;
  readonly expiresAt: Date;
}

const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex');

export class SessionService {
  /** @param hours how long a session lasts. */
  constructor(
    private readonly prisma: DatabaseClient,
    private readonly tokens: TokenService,
    private readonly hours: number,
  ) {}

  /** @param secret a token's. @throws DomainError UNAUTHENTICATED */
  async open(secret: string): Promise<OpenedSession> {
    const expiresAt = new Date(Date.now() + this.hours * 3_600_000);
    const token = await this.tokens.find(secret);
    if (!token) return { principal: LOCAL, secret: undefined, expiresAt };
    const session = randomBytes(32).toString('base64url');
    const principal = { name: token.name, role: token.role };
    await this.prisma.$transaction(async (tx) => {
      await tx.session.create({ data: { hash: hashOf(session), tokenId: token.id, expiresAt } });
      await recordAudit(tx, principal, 'SIGNED_IN', { type: 'Token', ...token });
    });
    return { principal, secret: session, expiresAt };
  }

  /** For a person whom a provider has named: with a token of its own, which ends with it, and which admins see and revoke like any other. */
  async openFor(principal: Principal): Promise<OpenedSession> {
    const expiresAt = new Date(Date.now() + this.hours * 3_600_000);
    const { secret } = await this.tokens.create({ ...principal, expiresAt });
    return this.open(secret);
  }

  /** @throws DomainError UNAUTHENTICATED */
  async authenticate(secret: string): Promise<Principal> {
    const session = await this.prisma.session.findUnique({ where: { hash: hashOf(secret) }, include: { token: true } });
    if (!session || session.expiresAt.getTime() <= Date.now() || !isUsable(session.token))
      throw new DomainError('UNAUTHENTICATED', 'The session has ended. Sign in again.');
    return { name: session.token.name, role: session.token.role };
  }

  async close(secret: string): Promise<void> {
    await this.prisma.session.deleteMany({ where: { hash: hashOf(secret) } });
  }

  /** Deletes those that have ended. */
  async expire(): Promise<void> {
    await this.prisma.session.deleteMany({ where: { expiresAt: { lte: new Date() } } });
  }
}
