/** Archives that are damaged, hostile, or hold no model. @module */
import { gzipSync } from 'node:zlib';
import { Header, type HeaderData } from 'tar';
import { zip, type ZipEntry } from '../server/support/zip.js';
import { zipOf } from '../server/support/upload.js';
import { layersModel, onnx } from './valid.js';
import { named, scrambled, truncated, type BadFile } from './types.js';

const good = () => layersModel();
const goodZip = () => zipOf(good());
const zeros = (MiB: number) => new Uint8Array(MiB * 2 ** 20);

interface TarEntry extends HeaderData {
  readonly path: string;
  readonly bytes?: Uint8Array;
}

/** A tar that also holds what no honest tool would write. */
function tarball(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ bytes = new Uint8Array(), ...fields }) => {
    const header = Buffer.alloc(512);
    new Header({ type: 'File', mode: 0o644, size: bytes.length, ...fields }).encode(header);
    return [header, Buffer.from(bytes), Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

export const goodTar = () => tarball(Object.entries(good()).map(([path, bytes]) => ({ path, bytes })));

/** A pax record, which overrules the header after it. */
function pax(key: string, value: string): TarEntry {
  const body = ` ${key}=${value}\n`;
  const length = body.length + String(body.length + 3).length;
  return { path: 'PaxHeader', type: 'ExtendedHeader', bytes: Buffer.from(`${length}${body}`) };
}

const link = (type: 'SymbolicLink' | 'Link', linkpath: string): TarEntry => ({ path: 'weights.bin', type, linkpath });
const evil = Buffer.from('evil');

/** A zip with some bytes from `at` on behind each signature overwritten. */
function patched(signature: string, at: number, ...bytes: number[]): Buffer {
  const copy = Buffer.from(goodZip());
  for (let i = copy.indexOf(signature, 0, 'latin1'); i >= 0; i = copy.indexOf(signature, i + 1, 'latin1'))
    Buffer.from(bytes).copy(copy, i + at);
  return copy;
}
const [LOCAL, CENTRAL, END] = ['PK\x03\x04', 'PK\x01\x02', 'PK\x05\x06'];

const escapes = [
  '../evil',
  '../../../../tmp/evil',
  '/tmp/evil',
  'a/../../evil',
  '..\\evil',
  'C:\\evil',
  'c:/evil',
  'a\\..\\..\\evil',
  '..',
];

export const archives: readonly BadFile[] = [
  ...truncated(10, 'a zip', goodZip, 8),
  ...scrambled(10, 'a zip', goodZip, 40),
  ...truncated(6, 'a tar.gz', () => gzipSync(goodTar()), 20),
  ...scrambled(6, 'a tar.gz', () => gzipSync(goodTar()), 8),
  ...truncated(4, 'a tar', () => goodTar().subarray(0, -2048), 600),
  ...escapes.flatMap((name) => [
    { name: `a zip with an entry ${name}`, bytes: () => zip([...entriesOf(good()), { name, bytes: evil }]) },
    { name: `a tar with an entry ${name}`, bytes: () => tarball([...filesOf(good()), { path: name, bytes: evil }]) },
  ]),
  ...named({
    nothing: () => new Uint8Array(),
    'one byte': () => Uint8Array.of(0x50),
    zeros: () => zeros(1),
    'the end of a zip, and no more': () => goodZip().subarray(-22),
    'a 7z archive': () => Buffer.from('377abcaf271c0004', 'hex'),
    'a bzip2 file': () => Buffer.from('BZh91AY&SY', 'latin1'),
    'a picture': () => Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
    'a pickle of PyTorch in a zip': () =>
      zipOf({ 'archive/data.pkl': Buffer.from('80028a0a6cfc9c46f9206aa85019', 'hex'), 'archive/version': Buffer.from('3\n') }),
    'an empty zip': () => zip([]),
    'a zip of a zip': () => zipOf({ 'model.zip': goodZip() }),
    'a zip of a text': () => zipOf({ 'readme.txt': Buffer.from('hello') }),
    'a zip of two models': () => zipOf({ 'a/model.json': good()['model.json']!, 'b/model.json': good()['model.json']! }),
    'a zip of two ONNX files': () => zipOf({ 'a.onnx': onnx(), 'b.onnx': onnx() }),
    'a zip bomb': () => zipOf({ ...good(), 'zeros.bin': zeros(48) }),
    'a zip bomb of many files': () => zip(Array.from({ length: 48 }, (_, i) => ({ name: `${i}.bin`, bytes: zeros(1) }))),
    'a zip bomb whose entries share their bytes': overlapping,
    'a zip that says it is small': () => patched(CENTRAL, 24, 1, 0, 0, 0),
    'a zip that says it is huge': () => patched(CENTRAL, 24, 0xff, 0xff, 0xff, 0x7f),
    'a zip of four gigabytes compressed': () => patched(CENTRAL, 20, 0xfe, 0xff, 0xff, 0xff),
    'a zip with wrong checksums': () => patched(CENTRAL, 16, 1, 2, 3, 4),
    'an encrypted zip': () => patched(CENTRAL, 8, 1, 8),
    'a zip of an unknown compression': () => patched(CENTRAL, 10, 99, 0),
    'a zip whose local headers are gone': () => patched(LOCAL, 0, 0x50, 0x4b, 3, 5),
    'a zip whose entries start beyond its end': () => patched(CENTRAL, 42, 0xff, 0xff, 0xff, 0x7f),
    'a zip whose directory starts beyond its end': () => patched(END, 16, 0xff, 0xff, 0xff, 0x7f),
    'a zip of more entries than there are': () => patched(END, 8, 99, 0, 99, 0),
    'a zip with a symbolic link': () => zip([...entriesOf(good()), { name: 'link', bytes: Buffer.from('/etc/passwd'), mode: 0o120777 }]),
    'a zip with a device': () => zip([...entriesOf(good()), { name: 'device', bytes: evil, mode: 0o020666 }]),
    'a zip with a name twice': () => zip([...entriesOf(good()), { name: 'model.json', bytes: evil }]),
    'a zip with a file that is a folder': () =>
      zip([
        { name: 'a', bytes: evil },
        { name: 'a/model.json', bytes: evil },
      ]),
    'a zip with a folder that becomes a file': () =>
      zip([
        { name: 'a/b', bytes: evil },
        { name: 'a', bytes: evil },
      ]),
    'a zip with NUL in a name': () => zip([{ name: 'mo\0del.json', bytes: evil }]),
    'a zip with no name': () => zip([{ name: '', bytes: evil }]),
    'a zip with a name of one point': () => zip([{ name: '.', bytes: evil }]),
    'a zip with a zero in a name': () => zip([{ name: 'model\0.json', bytes: evil }]),
    'a zip with a name of a kilobyte': () => zip([{ name: 'x'.repeat(1024), bytes: evil }]),
    'a zip with folders two thousand deep': () => zip([{ name: `${'a/'.repeat(2000)}b`, bytes: evil }]),
    'a zip of too many entries': () => zip(Array.from({ length: 2100 }, (_, i) => ({ name: `${i}`, bytes: new Uint8Array() }))),
    'a tar bomb': () => gzipSync(tarball([...filesOf(good()), { path: 'zeros.bin', bytes: zeros(48) }])),
    'a tar bomb behind the end of the tar': () => gzipSync(Buffer.concat([goodTar(), zeros(600)])),
    'a tar bomb of skipped bytes': () => gzipSync(tarball([{ path: 'x', type: 'GNUDumpDir', bytes: zeros(48) }])),
    'a tar with a symbolic link': () => tarball([...filesOf(good()).slice(0, 1), link('SymbolicLink', '/etc/passwd')]),
    'a tar with a symbolic link to its own folder': () =>
      tarball([...filesOf(good()), { path: 'link', type: 'SymbolicLink', linkpath: '.' }]),
    'a tar with a hard link': () => tarball([...filesOf(good()).slice(0, 1), link('Link', '../../../etc/passwd')]),
    'a tar with a link and a file through it': () =>
      tarball([
        { path: 'out', type: 'SymbolicLink', linkpath: '/tmp' },
        { path: 'out/evil', bytes: evil },
      ]),
    'a tar with a character device': () => tarball([{ path: 'device', type: 'CharacterDevice', devmaj: 1, devmin: 3 }]),
    'a tar with a pipe': () => tarball([{ path: 'model.json', type: 'FIFO' }]),
    'a tar with a name twice': () => tarball([...filesOf(good()), { path: 'model.json', bytes: evil }]),
    'a tar with an escape in a pax record': () => tarball([pax('path', '../../evil'), { path: 'harmless', bytes: evil }]),
    'a tar with a link in a pax record': () =>
      tarball([pax('linkpath', '/etc/passwd'), { path: 'link', type: 'SymbolicLink', linkpath: 'x' }]),
    'a tar with a size of petabytes in a pax record': () => tarball([pax('size', '1125899906842624'), { path: 'model.json', bytes: evil }]),
    'a tar with a negative size in a pax record': () => tarball([pax('size', '-512'), { path: 'model.json', bytes: evil }]),
    'a tar that says it is large': () => tarball([{ path: 'model.json', bytes: evil, size: 2 ** 33 }]),
    'a tar with a wrong checksum': () => Buffer.from(goodTar()).fill(0x37, 148, 154),
    'a gzip of nothing': () => gzipSync(''),
    'a gzip of a text': () => gzipSync('hello '.repeat(1000)),
    'a gzip of a zip': () => gzipSync(goodZip()),
    'a gzip of a gzip': () => gzipSync(gzipSync(goodTar())),
    'a gzip whose checksum is wrong': () => Buffer.concat([gzipSync(goodTar()).subarray(0, -8), Buffer.alloc(8, 0x11)]),
  }),
];

function entriesOf(files: ReturnType<typeof good>): ZipEntry[] {
  return Object.entries(files).map(([name, bytes]) => ({ name, bytes }));
}

function filesOf(files: ReturnType<typeof good>): TarEntry[] {
  return Object.entries(files).map(([path, bytes]) => ({ path, bytes }));
}

/** A directory that names one compressed file many times (Fifield 2019, "A better zip bomb"). */
function overlapping(): Buffer {
  const single = zip([{ name: '00', bytes: zeros(8) }]);
  const start = single.indexOf(CENTRAL, 0, 'latin1');
  const entry = single.subarray(start, single.indexOf(END, 0, 'latin1'));
  const entries = Array.from({ length: 60 }, (_, i) => {
    const copy = Buffer.from(entry);
    copy.write(String(i).padStart(2, '0'), copy.length - 2);
    return copy;
  });
  const end = Buffer.from(single.subarray(-22));
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(entry.length * entries.length, 12);
  return Buffer.concat([single.subarray(0, start), ...entries, end]);
}
