/**
 * Addresses of images and files that work without a token until they expire, for pages of other origins, notebooks and reports. Each counts for one path,
 * and shows what the one who asked for it saw.
 * @module
 */
import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { DomainError } from '../../errors.js';
import type { Secrets } from '../../storage/secrets.js';
import type { Principal } from '../token/principal.js';

/** What may be signed: reading of images and files. */
const SIGNABLE = /^\/(?:artifacts\/|datasets\/|models\/|evaluations[./]|studies\/)[\w./?&=%-]*$/;

const MARKS = z.object({
  viewer: z.string(),
  role: z.enum(['VIEWER', 'SUBMITTER', 'ADMIN']),
  expires: z.coerce.number().int(),
  signature: z.string(),
});

/** Most seconds that an address counts: a week. */
export const MOST_SECONDS = 7 * 24 * 3600;

export interface SignedUrl {
  readonly url: string;
  readonly expiresAt: Date;
}

export class SignedUrls {
  constructor(private readonly secrets: Secrets) {}

  /** @param url path and query on this server. @throws DomainError VALIDATION */
  sign({ name, role }: Principal, url: string, seconds: number, path: readonly string[]): SignedUrl {
    if (!SIGNABLE.test(url) || url.includes('signature='))
      throw new DomainError(
        'VALIDATION',
        `${JSON.stringify(url.slice(0, 100))} is no address of an image or a file on this server. Give one as fields such as cleanImageUrl have it.`,
        path,
      );
    // Whole seconds.
    const expires = Math.floor(Date.now() / 1000) + seconds;
    const marks = { viewer: name, role, expires: String(expires) };
    const query = new URLSearchParams({ ...marks, signature: this.signature(url, marks) });
    return { url: `${url}${url.includes('?') ? '&' : '?'}${query.toString()}`, expiresAt: new Date(expires * 1000) };
  }

  /**
   * Who asked for a signed address, and the address that was signed; undefined for an address without a signature.
   * @throws DomainError UNAUTHENTICATED for a signature that is wrong or has expired.
   */
  open(url: string): { readonly principal: Principal; readonly url: string } | undefined {
    const start = url.search(/[?&]viewer=[^?]*&signature=[^&?]*$/);
    if (start < 0) return undefined;
    const original = url.slice(0, start);
    const marks = MARKS.safeParse(Object.fromEntries(new URLSearchParams(url.slice(start + 1)))).data;
    const expected = marks && Buffer.from(this.signature(original, { ...marks, expires: String(marks.expires) }));
    const given = Buffer.from(marks?.signature ?? '');
    if (!marks || !expected || given.length !== expected.length || !timingSafeEqual(given, expected) || !SIGNABLE.test(original))
      throw new DomainError('UNAUTHENTICATED', 'The signature of the address is wrong. Ask for the address again.');
    if (marks.expires * 1000 <= Date.now()) throw new DomainError('UNAUTHENTICATED', 'The address has expired. Ask for it again.');
    return { principal: { name: marks.viewer, role: marks.role }, url: original };
  }

  private signature(url: string, { viewer, role, expires }: { viewer: string; role: string; expires: string }): string {
    return this.secrets.mark('signed address', JSON.stringify([url, viewer, role, expires]));
  }
}
