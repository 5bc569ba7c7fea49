import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { gzipSync } from 'node:zlib';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ArchiveError, extractArchive, packDirectory, type ArchiveLimits } from '../../src/storage/archive/index.js';
import { zip } from '../server/support/zip.js';

const LIMITS: ArchiveLimits = { maxEntries: 10, maxBytes: 1024 ** 2, maxRatio: 100 };

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gauntlet-archive-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function extract(bytes: Uint8Array, limits = LIMITS): Promise<string> {
  const file = join(directory, 'archive');
  const target = join(directory, 'inner', 'out');
  await rm(target, { recursive: true, force: true });
  await writeFile(file, bytes);
  await extractArchive(file, target, limits);
  return target;
}

/** A tar with one file under any name, which `tar` itself would not write. */
function tarNamed(name: string, type = '0', link = ''): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write('00000000004\0', 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(link, 157);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const body = Buffer.alloc(512);
  body.write('evil');
  return Buffer.concat([header, type === '0' ? body : Buffer.alloc(0), Buffer.alloc(1024)]);
}

describe('extractArchive', () => {
  it.each([false, true])(
    'refuses a tar in which a name comes twice, in files larger than what is read at once (gzip %s)',
    async (compressed) => {
      const entry = (name: string, size: number) => {
        const header = tarNamed(name).subarray(0, 512);
        header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
        header.write('        ', 148);
        const sum = header.reduce((total, byte) => total + byte, 0);
        header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
        return Buffer.concat([header, Buffer.alloc(Math.ceil(size / 512) * 512, 'x')]);
      };
      const tar = Buffer.concat([entry('m', 300_000), entry('m', 300_000), entry('n', 300_000), Buffer.alloc(1024)]);
      await expect(extract(compressed ? gzipSync(tar) : tar)).rejects.toThrow(/damaged: EEXIST/);
    },
  );

  it('unpacks folders of zip and tar', async () => {
    const source = join(directory, 'source');
    await mkdir(join(source, 'deep'), { recursive: true });
    await writeFile(join(source, 'a.txt'), 'a');
    await writeFile(join(source, 'deep', 'b.txt'), 'b');
    const tar = await buffer(Readable.from(create({ cwd: source, gzip: true }, ['.'])));
    const zipped = zip([
      { name: 'a.txt', bytes: Buffer.from('a') },
      { name: 'deep/', bytes: new Uint8Array() },
      { name: 'deep/b.txt', bytes: Buffer.from('b') },
    ]);
    for (const archive of [tar, zipped]) {
      const out = await extract(archive);
      expect(await readFile(join(out, 'a.txt'), 'utf8')).toBe('a');
      expect(await readFile(join(out, 'deep', 'b.txt'), 'utf8')).toBe('b');
      await rm(out, { recursive: true });
    }
  });

  it.each([
    ['../evil', /outside/],
    ['a/../../evil', /outside/],
    ['/evil', /outside/],
    ['..\\evil', /outside/],
    ['C:\\evil', /outside/],
  ])('refuses a tar entry called %s', async (name, message) => {
    for (const bytes of [tarNamed(name), gzipSync(tarNamed(name))]) {
      await expect(extract(bytes)).rejects.toThrow(message);
      expect(existsSync(join(directory, 'evil'))).toBe(false);
      expect(existsSync(join(directory, 'inner', 'evil'))).toBe(false);
    }
  });

  it.each([
    ['a symbolic link', '2'],
    ['a hard link', '1'],
    ['a device', '3'],
    ['a pipe', '6'],
  ])('refuses %s in a tar', async (_name, type) => {
    await expect(extract(tarNamed('model.json', type, type < '3' ? '/etc/passwd' : ''))).rejects.toThrow(/only plain files/);
  });

  it('refuses links in an archive of the tar program', async () => {
    await symlink('/etc/passwd', join(directory, 'model.json'));
    const tar = await buffer(Readable.from(create({ cwd: directory }, ['model.json'])));
    await expect(extract(tar)).rejects.toThrow(/only plain files/);
  });

  it('refuses a name that occurs twice', async () => {
    const twice = zip([1, 2].map((i) => ({ name: 'model.json', bytes: Buffer.from(`${i}`) })));
    await expect(extract(twice)).rejects.toThrow(ArchiveError);
  });

  it('stops at its limits, counted by unpacked bytes and not by headers', async () => {
    const big = zip([{ name: 'big', bytes: new Uint8Array(2 * 1024 ** 2) }]);
    await expect(extract(big)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', message: /more than 1048576 bytes/ });
    await expect(extract(big, { ...LIMITS, maxBytes: 2 ** 40 })).resolves.toBeDefined();
    const bomb = gzipSync(tarBomb());
    await expect(extract(bomb, { ...LIMITS, maxBytes: 2 ** 40 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    const many = zip(Array.from({ length: 11 }, (_, i) => ({ name: `f${i}`, bytes: new Uint8Array(1) })));
    await expect(extract(many)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', message: /10 entries/ });
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['noise', Buffer.from('x'.repeat(2000))],
    ['half a zip', zip([{ name: 'a', bytes: Buffer.from('a'.repeat(1000)) }]).subarray(0, 40)],
    ['half a tar.gz', gzipSync(tarNamed('a')).subarray(0, 30)],
    ['gzip of noise', gzipSync(Buffer.from('x'.repeat(2000)))],
  ])('refuses %s', async (_name, bytes) => {
    await expect(extract(bytes)).rejects.toMatchObject({ name: 'ArchiveError', code: 'INVALID_ARCHIVE' });
  });
});

it('a damaged archive is refused when nothing is written any more', async () => {
  const whole = Buffer.concat([tarNamed('a').subarray(0, 1024), tarNamed('b')]);
  const file = join(directory, 'archive');
  await writeFile(file, gzipSync(whole, { level: 0 }).subarray(0, 1700));
  const refusedAndRemoved = async (i: number) => {
    const target = join(directory, 'many', String(i));
    await expect(extractArchive(file, target, LIMITS)).rejects.toMatchObject({ code: 'INVALID_ARCHIVE' });
    await rm(target, { recursive: true });
  };
  for (let round = 0; round < 5; round++) await Promise.all(Array.from({ length: 100 }, (_, i) => refusedAndRemoved(i)));
  expect(await readdir(join(directory, 'many'))).toEqual([]);
});

describe('a zip that is not damaged is refused by what it is', () => {
  /** With the fields of its entry, in both headers, changed. */
  const changed = (field: { flags?: number; method?: number }) => {
    const bytes = zip([{ name: 'a.txt', bytes: Buffer.from('a') }]);
    const central = bytes.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
    for (const at of [6, central + 8]) {
      if (field.flags !== undefined) bytes.writeUInt16LE(field.flags, at);
      if (field.method !== undefined) bytes.writeUInt16LE(field.method, at + 2);
    }
    return bytes;
  };
  it.each([
    ['bzip2', () => changed({ method: 12 }), /^"a\.txt" in the zip is compressed by bzip2, which is not read\. Make the zip with Deflate/],
    ['a method without a name', () => changed({ method: 77 }), /is compressed by method 77, which/],
    ['a password', () => changed({ flags: 0x801 }), /^"a\.txt" in the zip is encrypted\. Make the zip without a password/],
    [
      'a path out',
      () => zip([{ name: '../../evil.png', bytes: Buffer.from('a') }]),
      /^The archive has an entry that leads outside of it: /,
    ],
  ])('%s', async (_, bytes, message) => {
    await expect(extract(bytes())).rejects.toThrow(message);
    await expect(extract(bytes())).rejects.not.toThrow(/damaged/);
  });
});

describe('packDirectory', () => {
  it('returns the same bytes for the same files', async () => {
    const pack = async (name: string, order: string[]) => {
      const folder = join(directory, name);
      await mkdir(folder);
      for (const file of order) await writeFile(join(folder, file), file);
      return buffer(Readable.from(await packDirectory(folder)));
    };
    const first = await pack('one', ['a', 'b', 'c']);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await pack('two', ['c', 'b', 'a'])).toEqual(first);
    const out = await extract(first);
    expect((await readdir(out)).sort()).toEqual(['a', 'b', 'c']);
  });
});

/** 20 MiB of zeros in a tar. */
function tarBomb(): Buffer {
  const tar = tarNamed('bomb');
  const size = 20 * 1024 ** 2;
  tar.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  tar.write('        ', 148);
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([tar.subarray(0, 512), Buffer.alloc(size), Buffer.alloc(1024)]);
}
