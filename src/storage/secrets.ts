/**
 * Secrets of users, encrypted for the database: a copy of the database is useless without the key, which is in the artifact store or in the environment.
 * AES-256-GCM; a sealed secret is nonce, tag and ciphertext.
 * @module
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

const [CIPHER, KEY, NONCE, TAG] = ['aes-256-gcm', 32, 12, 16] as const;

export const newKey = (): Buffer => randomBytes(KEY);

export class Secrets {
  /** @param key of 32 bytes. @param origin of the key, for the message about one that is none. */
  constructor(
    private readonly key: Uint8Array,
    origin: string,
  ) {
    if (key.length !== KEY) throw new Error(`${origin} holds no key: it has ${key.length} bytes, not ${KEY}.`);
  }

  /** What says that two processes have the same key, and does not say which. */
  check(installationId: string): string {
    return createHmac('sha256', this.key).update(`gauntlet installation ${installationId}`).digest('hex');
  }

  /** What only this installation can have written about a text. @param purpose what the text is, so that no mark counts for another. */
  mark(purpose: string, text: string): string {
    return createHmac('sha256', this.key).update(`gauntlet ${purpose}\n${text}`).digest('base64url');
  }

  /** @param owner what the secret belongs to; it can be decrypted only under that name. */
  seal(secret: string, owner: string): Uint8Array<ArrayBuffer> {
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv(CIPHER, this.key, nonce).setAAD(Buffer.from(owner));
    const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return Uint8Array.from([...nonce, ...cipher.getAuthTag(), ...text]);
  }

  /** @throws Error where the key or the owner is another. */
  unseal(sealed: Uint8Array, owner: string): string {
    const [nonce, tag, text] = [sealed.subarray(0, NONCE), sealed.subarray(NONCE, NONCE + TAG), sealed.subarray(NONCE + TAG)];
    const decipher = createDecipheriv(CIPHER, this.key, nonce).setAAD(Buffer.from(owner)).setAuthTag(tag);
    return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
  }
}
