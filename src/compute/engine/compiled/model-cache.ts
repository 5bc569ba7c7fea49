/**
 * Compiled models kept on disk, so that a later process traces and optimizes nothing that an earlier one has. A file is a CRC-32 of the rest,
 * the length of the JSON of what is known of the model, that JSON, and the ONNX model. Files are written whole under another name first, so that processes may share
 * the folder; a damaged one is compiled again.
 * @module
 */
import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { packageVersions } from '../versions.js';
import type { Counters } from '../statistics.js';
import { tmpdir } from 'node:os';
import type { CompiledModel, LoweredModel } from './compile.js';
import { encodeModel, encodeShared, externalTensors, type OnnxModel } from './onnx.js';

const CHECKSUM_BYTES = 4;
const HEADER_BYTES = CHECKSUM_BYTES + 4;

/**
 * Weights of this many bytes are given to onnxruntime as a file, which it maps into memory: encoded, shared, parsed and held by every session, they would take many
 * times their size. Such models are not kept.
 */
const LARGE = 2 ** 27;
const LARGE_TENSOR = 2 ** 20;

export interface LoadableModel {
  readonly outputs: CompiledModel['outputs'];
  /** In shared memory, or the path of a file. */
  readonly source: Uint8Array | string;
  /** Bytes of its weights and its graph. */
  readonly size: number;
  /** See `workingBytes`. */
  readonly workingBytes: number;
  /** To be called when all sessions have been made. */
  release(): Promise<void>;
}

export class ModelCache {
  private readonly writing = new Set<Promise<void>>();
  private readonly version: string;

  /**
   * @param directory where they are kept; undefined: nowhere.
   * @param maximumBytes of all files together; the least recently used leave first.
   */
  constructor(
    private readonly directory: string | undefined,
    private readonly maximumBytes: number,
    private readonly counters: Counters,
  ) {
    this.version = directory === undefined ? '' : codeVersion();
  }

  /**
   * The model kept under a key, or what `compile` makes.
   * @param key everything that the model depends on besides our own code and packages.
   * @param keep whether it will be wanted again.
   */
  async findOr(key: unknown, compile: () => LoweredModel, keep: boolean): Promise<LoadableModel> {
    const path =
      this.directory &&
      join(
        this.directory,
        createHash('sha256')
          .update(JSON.stringify([this.version, key]))
          .digest('hex'),
      );
    const known = path && (await read(path));
    if (known) {
      this.counters.diskHits++;
      return inMemory(known);
    }
    const lowered = compile();
    this.counters.compilations++;
    if (weightBytes(lowered.model) >= LARGE) return inFiles(lowered);
    const { model, ...rest } = lowered;
    // Several workers load it, and one copy of a few megabytes takes longer between threads than all else that starting takes.
    const compiled = { bytes: encodeShared(model), ...rest };
    if (path && keep) this.keep(path, compiled);
    return inMemory(compiled);
  }

  /** Waits until nothing is being written any more. */
  async waitForWrites(): Promise<void> {
    await Promise.all(this.writing);
  }

  private keep(path: string, model: CompiledModel): void {
    // A folder that cannot be written costs the next process a compilation, and nothing else.
    const written = this.write(path, partsOf(model)).catch(() => undefined);
    this.writing.add(written);
    void written.then(() => this.writing.delete(written));
  }

  private async write(path: string, parts: readonly Uint8Array[]): Promise<void> {
    if (parts.reduce((sum, { length }) => sum + length, 0) > this.maximumBytes) return;
    await mkdir(this.directory!, { recursive: true });
    const temporary = `${path}.${randomUUID()}`;
    await writeFile(temporary, parts);
    await rename(temporary, path);
    await this.evict();
  }

  /** Removes the files used longest ago until the rest is within the limit. */
  private async evict(): Promise<void> {
    const paths = (await readdir(this.directory!)).map((name) => join(this.directory!, name));
    // Another process may have removed one meanwhile.
    const found = await Promise.all(
      paths.map((path) =>
        stat(path).then(
          ({ size, mtimeMs }) => ({ path, size, mtimeMs }),
          () => [],
        ),
      ),
    );
    let bytes = 0;
    for (const { path, size } of found.flat().sort((a, b) => b.mtimeMs - a.mtimeMs)) {
      bytes += size;
      if (bytes > this.maximumBytes) await rm(path, { force: true });
    }
  }
}

/**
 * Bytes that a session takes before it runs: weights in the order in which the processor wants them, beside those of the file while it is read, and beside
 * the worker's own copy of it. A large model's file is mapped.
 */
export function sessionBytes({ size, source }: LoadableModel): number {
  return (typeof source === 'string' ? 2 : 3) * size;
}

function inMemory({ bytes, ...rest }: CompiledModel): LoadableModel {
  return { ...rest, source: bytes, size: bytes.length, release: () => Promise.resolve() };
}

function weightBytes({ initializers }: OnnxModel): number {
  return [...initializers.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
}

/** A session keeps what it has mapped when the files are gone. */
async function inFiles({ model, ...rest }: LoweredModel): Promise<LoadableModel> {
  const directory = await mkdtemp(join(tmpdir(), 'gauntlet-model-'));
  const release = () => rm(directory, { recursive: true, force: true });
  try {
    const source = join(directory, 'graph');
    const graph = encodeModel(model, { location: 'weights', least: LARGE_TENSOR });
    await writeFile(source, graph);
    const weights = await open(join(directory, 'weights'), 'w');
    try {
      for (const { offset, data } of externalTensors(model, LARGE_TENSOR)) {
        const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
        for (let done = 0; done < bytes.length;)
          done += (await weights.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
      }
    } finally {
      await weights.close();
    }
    return { ...rest, source, size: graph.length + weightBytes(model), release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Of the file that a model is kept in. */
function partsOf({ bytes, ...rest }: CompiledModel): [Buffer, Buffer, Uint8Array] {
  const json = Buffer.from(JSON.stringify(rest));
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(json.length, CHECKSUM_BYTES);
  header.writeUInt32LE(crc32(bytes, crc32(json, crc32(header.subarray(CHECKSUM_BYTES)))));
  return [header, json, bytes];
}

/** The model in a file, in memory that threads can share; undefined where there is none or it is damaged. */
async function read(path: string): Promise<CompiledModel | undefined> {
  try {
    const file = await readShared(path);
    // What was used last stays longest.
    await utimes(path, new Date(), new Date()).catch(() => undefined);
    if (file.readUInt32LE() !== crc32(file.subarray(CHECKSUM_BYTES))) return undefined;
    const end = HEADER_BYTES + file.readUInt32LE(CHECKSUM_BYTES);
    const rest = JSON.parse(file.toString('utf8', HEADER_BYTES, end)) as Omit<CompiledModel, 'bytes'>;
    return { ...rest, bytes: new Uint8Array(file.buffer, end) };
  } catch {
    return undefined;
  }
}

async function readShared(path: string): Promise<Buffer> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    const file = Buffer.from(new SharedArrayBuffer(size));
    const { bytesRead } = await handle.read(file, 0, size, 0);
    return file.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

let code: string | undefined;

/** Hash of everything under `compute` (the compiler, and the functions that it compiles) and of the packages that compute. */
function codeVersion(): string {
  code ??= hashDirectory(fileURLToPath(new URL('../../', import.meta.url)));
  return code;
}

function hashDirectory(directory: string): string {
  const hash = createHash('sha256').update(JSON.stringify(packageVersions(PACKAGES)));
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
  for (const name of files.sort()) hash.update(`\n${name}\n`).update(readFileSync(join(directory, name)));
  return hash.digest('hex');
}

const PACKAGES = ['onnxruntime-node', '@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu', 'onnx-buf'];
