/** Uploading, and the archives to upload. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { create } from 'tar';
import { zip } from './zip.js';

/** Who uploads, and where. */
export interface UploadTarget {
  readonly url: string;
  readonly authorization: string;
}

export async function openUpload({ url, authorization }: UploadTarget, declaration: object = {}): Promise<string> {
  const response = await fetch(`${url}/uploads`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify(declaration),
  });
  return ((await response.json()) as { id: string }).id;
}

/** @returns id of the finished upload. */
export async function upload(target: UploadTarget, bytes: Uint8Array): Promise<string> {
  const { url, authorization } = target;
  const id = await openUpload(target, { size: bytes.length });
  const response = await fetch(`${url}/uploads/${id}`, { method: 'PUT', headers: { authorization }, body: Buffer.from(bytes) });
  const status = (await response.json()) as { state: string; sha256: string };
  if (status.sha256 !== createHash('sha256').update(bytes).digest('hex')) throw new Error(`Upload failed: ${JSON.stringify(status)}`);
  return id;
}

export type Files = Record<string, Uint8Array>;

export async function readFolder(directory: string): Promise<Files> {
  const names = await readdir(directory);
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(directory, name))] as const)));
}

export const zipOf = (files: Files) => zip(Object.entries(files).map(([name, bytes]) => ({ name, bytes })));

export async function tarOf(files: Files, gzip: boolean): Promise<Uint8Array> {
  const directory = await mkdtemp(join(tmpdir(), 'gauntlet-tar-'));
  try {
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(directory, name), bytes);
    const file = join(directory, 'archive');
    await pipeline(create({ cwd: directory, gzip, portable: true }, Object.keys(files)), createWriteStream(file));
    return await readFile(file);
  } finally {
    await rm(directory, { recursive: true });
  }
}

export const json = (value: unknown) => Buffer.from(JSON.stringify(value));
