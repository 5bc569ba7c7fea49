/** The original implementations, which a Python process runs one request after the other. @module */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Engine, floats, fromStored, onnxFile, predict } from '../../src/compute/index.js';
import { z } from 'zod';
import type { Comparison } from './comparisons.js';
import type { Subject } from './subjects.js';

/** Images at once in the exported file: a number that is no other length in it, so that the reader finds it and takes any number instead. */
const EXPORTED_BATCH = 97;
/** Of logits, relative to the largest. */
const SAME_LOGITS = 1e-5;

const helloSchema = z.object({ versions: z.record(z.string(), z.string()), packages: z.record(z.string(), z.string()) });
const failureSchema = z.object({ failed: z.string() });
const spentSchema = z.object({ queries: z.number(), gradients: z.number(), seconds: z.number() });

export interface OriginalRun {
  /** `[n, height, width, channels]`, pixels in [0, 1]. */
  readonly images: Float32Array;
  /** Images that went forward, and gradients of images: of all examples together. */
  readonly queries: number;
  readonly gradients: number;
  readonly seconds: number;
}

export interface Originals {
  /** Of each package. */
  readonly versions: Readonly<Record<string, string>>;
  /** Of each original, by its name. */
  readonly packages: Readonly<Record<string, string>>;
  /**
   * Gives the network to PyTorch.
   * @returns the largest difference of a logit, relative to the largest logit. Throws where it is above 1e-5.
   */
  load(engine: Engine, subject: Subject): Promise<number>;
  /** On the first `count` images of a subject that was loaded. Throws what the original raises. */
  run(
    subject: Subject,
    { theirs }: Pick<Comparison, 'theirs'>,
    epsilon: number | undefined,
    seed: number,
    count: number,
  ): Promise<OriginalRun>;
  close(): void;
}

/** Memory that was touched is kept: PyTorch is slower by a multiple where it is given back and touched again. */
const KEEP_MEMORY = { MALLOC_MMAP_MAX_: '0', MALLOC_TRIM_THRESHOLD_: '10000000000', MALLOC_TOP_PAD_: '268435456' };

/** @param python of `scripts/with-originals.sh`. @param folder for files that both sides read. @param threads that PyTorch computes on. */
export async function startOriginals(python: string, folder: string, threads: number): Promise<Originals> {
  const program = new URL('../../../tests/originals/serve.py', import.meta.url).pathname;
  // In `folder`: ART writes files to where it runs.
  const child = spawn(python, [program, `${threads}`], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...KEEP_MEMORY },
    cwd: folder,
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-4000)));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const line = await lines.next();
    if (!line.done) return JSON.parse(line.value);
    await once(child, 'close');
    throw new Error(`serve.py ended:\n${errors}`);
  };
  const ask = async (request: object) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const answer = await next();
    const failure = failureSchema.safeParse(answer);
    if (failure.success) throw new Error(failure.data.failed);
    return answer;
  };
  const { versions, packages } = helloSchema.parse(await next());
  const out = join(folder, 'out.f32');
  const requestOf = ({ name, dataset }: Subject, count: number) => ({
    network: join(folder, `${name}.onnx`),
    images: join(folder, `${name}.${count}.f32`),
    labels: join(folder, `${name}.${count}.i32`),
    shape: [count, ...dataset.info.imageShape],
    out,
  });
  const write = async (subject: Subject, count: number) => {
    const request = requestOf(subject, count);
    const { images, labels } = await subject.dataset.read(0, count);
    const pixels = fromStored(images, request.shape);
    await writeFile(request.images, bytesOf(pixels.data));
    await writeFile(request.labels, bytesOf(labels));
    return { request, pixels };
  };

  return {
    versions,
    packages,
    async load(engine, subject) {
      const { request, pixels } = await write(subject, subject.dataset.info.exampleCount);
      await writeFile(request.network, onnxFile(subject.model, EXPORTED_BATCH));
      await ask(request);
      const [known, found] = [floats(await predict(engine, subject.model, pixels)), await floatsOf(out)];
      const largest = known.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const difference = found.reduce((most, value, i) => Math.max(most, Math.abs(value - known[i]!)), 0) / largest;
      if (!(difference <= SAME_LOGITS)) throw new Error(`PyTorch has other logits for ${subject.name}: by ${difference} of the largest.`);
      return difference;
    },
    async run(subject, { theirs }, epsilon, seed, count) {
      const { request } = await write(subject, count);
      const options = { ...theirs.options, ...(epsilon === undefined ? {} : { epsilon }) };
      const spent = spentSchema.parse(await ask({ ...request, original: theirs.original, options, seed }));
      return { ...spent, images: await floatsOf(out) };
    },
    close: () => void child.stdin.end(),
  };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => new Uint8Array(buffer, byteOffset, byteLength);

async function floatsOf(path: string): Promise<Float32Array> {
  const bytes = await readFile(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}
