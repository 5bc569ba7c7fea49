/**
 * Secrets of users, encrypted for the database: a copy of the database is useless without the key, which is in the data directory.
 * AES-256-GCM; a sealed secret is nonce, tag and ciphertext.
 * @module
 */
import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const [CIPHER, KEY, NONCE, TAG] = ['aes-256-gcm', 32, 12, 16] as const;

export class Secrets {
  private constructor(private readonly key: Buffer) {}

  /** @param path of the key's file, which is made where there is none. */
  static async open(path: string): Promise<Secrets> {
    await mkdir(dirname(path), { recursive: true });
    const candidate = `${path}.${randomUUID()}`;
    await writeFile(candidate, randomBytes(KEY), { mode: 0o600 });
    // Put in place whole; another process of the same directory may have been faster, and its key is then the one.
    await link(candidate, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await rm(candidate);
    const key = await readFile(path);
    if (key.length !== KEY) throw new Error(`${path} holds no key: it has ${key.length} bytes, not ${KEY}.`);
    return new Secrets(key);
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
